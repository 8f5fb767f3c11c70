package cockroach

import (
	"slices"
	"strings"
	"testing"
)

func release(t *testing.T, text string) Version {
	t.Helper()
	version, ok := ParseVersion(text)
	if !ok {
		t.Fatalf("%q is no release", text)
	}
	return version
}

func TestUpgradePath_goesOneSeriesAtATime(t *testing.T) {
	for _, test := range []struct {
		from, to string
		want     Upgrade
		why      string
		after    string
	}{
		{"v21.1.2", "v21.1.2", NoUpgrade, "", ""},
		{"v21.1.2", "v21.1.3", PatchUpgrade, "", ""},
		{"v26.2.5", "v26.2.5-rc.1", PatchUpgrade, "", ""},
		{"v21.1.2", "v21.2.0", ReleaseUpgrade, "", ""},
		{"v21.1.2", "v22.1.0", "", "cannot be skipped", "21.2"},
		{"v23.2.9", "v24.1.0", ReleaseUpgrade, "", ""},
		{"v24.1.9", "v24.2.0", ReleaseUpgrade, "", ""},
		{"v24.1.9", "v24.3.0", ReleaseUpgrade, "", ""},
		{"v24.1.9", "v25.1.0", "", "cannot be skipped", "24.2 24.3"},
		{"v24.2.9", "v24.3.0", ReleaseUpgrade, "", ""},
		{"v24.2.9", "v25.1.0", "", "cannot be skipped", "24.3"},
		{"v24.2.9", "v25.2.0", "", "cannot be skipped", "24.3"},
		{"v25.2.1", "v25.4.0", ReleaseUpgrade, "", ""},
		{"v25.3.1", "v26.1.0", "", "cannot be skipped", "25.4"},
		{"v25.4.1", "v26.2.5", ReleaseUpgrade, "", ""},
		{"v26.2.5", "v26.2.4", "", "older release of the same series", ""},
		{"v26.2.5", "v26.1.9", "", "would not read", ""},
		{"v99.1.0", "v99.2.0", "", "knows of no series after 99.1", ""},
		{"v26.4.0", "v27.1.0", "", "knows of no series after 26.4", ""},
	} {
		got, err := UpgradePath(release(t, test.from), release(t, test.to))
		if got != test.want || (err != nil) != (test.why != "") {
			t.Errorf("%s to %s: %q, %v; want %q", test.from, test.to, got, err, test.want)
			continue
		}
		if err == nil {
			continue
		}
		none := err.(*NoPath) //nolint:errorlint // the very type is promised
		var after []string
		for _, series := range none.After {
			after = append(after, series.String())
		}
		if !strings.Contains(err.Error(), test.why) || strings.Join(after, " ") != test.after {
			t.Errorf("%s to %s: %v, after it %v; want %q, %q", test.from, test.to, err, after, test.why, test.after)
		}
	}
}

// From every series there is one next step at least, until the last that is
// known, and no step leads over a Regular one.
func TestAfter_neverLeavesOutARegularSeries(t *testing.T) {
	all := table()
	for i, row := range all[:len(all)-1] {
		after := row.After()
		if len(after) == 0 || after[0] != all[i+1].Series {
			t.Errorf("after %s: %v", row.Series, after)
		}
		if len(after) == 2 && (all[i+1].kind != innovation || all[i+2].kind != regular || row.kind != regular) {
			t.Errorf("after %s, which is %s: %v", row.Series, row.kind, after)
		}
	}
}

func TestWithVersion_keepsTheRepository(t *testing.T) {
	for image, want := range map[string]string{
		"cockroachdb/cockroach:v21.1.2":                          "cockroachdb/cockroach:v26.2.6",
		"cockroachdb/cockroach:21.1.2":                           "cockroachdb/cockroach:26.2.6",
		"localhost:5000/db/cockroach:v26.2.5@sha256:0123456789":  "localhost:5000/db/cockroach:v26.2.6",
		"localhost:5000/cockroach":                               "localhost:5000/cockroach:v26.2.6",
		"cockroach@sha256:0123456789abcdef0123456789abcdef01234": "cockroach:v26.2.6",
	} {
		if got := WithVersion(image, Version{Major: 26, Minor: 2, Patch: 6}); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
}

func TestParseVersion_takesAReleaseAndNoImage(t *testing.T) {
	for text, want := range map[string]string{
		"v26.2.6": "v26.2.6", "26.2.6": "v26.2.6", "v26.2.0-rc.1": "v26.2.0-rc.1",
		"v26.2": "", "latest": "", "": "", "cockroach:v26.2.6": "", "db/v26.2.6": "", "v26.2.6@sha256:1": "", "v26.2.6 ": "",
	} {
		version, ok := ParseVersion(text)
		if ok != (want != "") || (ok && version.String() != want) {
			t.Errorf("%q: %s, %t", text, version, ok)
		}
	}
}

func TestParseActive_tellsAnUpgradeThatIsUnderWay(t *testing.T) {
	for text, want := range map[string]struct {
		series  Series
		settled bool
	}{
		"21.1\n":                          {Series{21, 1}, true},
		"24.3-upgrading-to-25.1-step-012": {Series{24, 3}, false},
		"21.1-14":                         {Series{21, 1}, false},
	} {
		series, settled, err := ParseActive(text)
		if err != nil || series != want.series || settled != want.settled {
			t.Errorf("%q: %s, %t, %v", text, series, settled, err)
		}
	}
	for _, text := range []string{"", "21", "v21.1", "21.1.2", "version", "1000021.1"} {
		if _, _, err := ParseActive(text); err == nil {
			t.Errorf("%q is taken for a version", text)
		}
	}
}

func TestKeepWayBack_goesByRelease(t *testing.T) {
	c := sampleCluster()
	older := c.KeepWayBack(release(t, "v23.1.4"), Series{23, 1})
	newer := c.KeepWayBack(release(t, "v23.2.0"), Series{23, 2})
	if !slices.Contains(older, "--execute=SET CLUSTER SETTING cluster.preserve_downgrade_option = '23.1'") ||
		!slices.Contains(newer, "--execute=SET CLUSTER SETTING cluster.auto_upgrade.enabled = false") {
		t.Errorf("%q, %q", older, newer)
	}
	if got := len(c.LetGo(release(t, "v23.1.4"))) - len(c.LetGo(release(t, "v23.2.0"))); got != -1 {
		t.Errorf("a setting that the older release does not know is reset: %d", got)
	}
}

func TestFirstValue_readsOneValue(t *testing.T) {
	for csv, want := range map[string]string{"version\n21.1\n": "21.1", "a\n\"\"\n": "", "a\n\"x,y\"\n": "x,y"} {
		if got, err := FirstValue(csv); err != nil || got != want {
			t.Errorf("%q: %q, %v", csv, got, err)
		}
	}
	for _, csv := range []string{"", "version\n", "a,b\n1,2\n", "a\n\"x\n"} {
		if got, err := FirstValue(csv); err == nil {
			t.Errorf("%q: %q", csv, got)
		}
	}
}
