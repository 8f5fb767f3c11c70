package cockroach

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func known(n int64) Count { return Count{Value: n, Known: true} }

func threeLive() Vars {
	return Vars{
		NodeID: known(1), LiveNodes: known(3),
		Ranges: known(18), Replicas: known(37), Unavailable: known(0), UnderReplicated: known(0),
		Capacity: known(270553174016), CapacityUsed: known(83738985), CapacityAvailable: known(52910841856),
		ClockOffset: known(49390), LicenceLeft: known(0),
		Version: "v21.1.2",
	}
}

func TestParseVars_readsARecordedAnswerInAnyOrder(t *testing.T) {
	lines := strings.SplitAfter(string(recorded(t, "vars_3_live.prom")), "\n")
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		got, err := ParseVars([]byte(strings.Join(lines, "")))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(threeLive(), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
}

func TestParseVars_leavesUnknownWhatIsMissing(t *testing.T) {
	got, err := ParseVars(recorded(t, "vars_raw_excerpt.prom"))
	if err != nil {
		t.Fatal(err)
	}
	want := threeLive()
	want.LiveNodes, want.Unavailable, want.UnderReplicated, want.Capacity = Count{}, Count{}, Count{}, Count{}
	want.ClockOffset, want.LicenceLeft = Count{}, Count{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseVars_sumsStores(t *testing.T) {
	got, err := ParseVars([]byte("ranges_unavailable{store=\"1\"} 2\nranges_unavailable{store=\"2\",tenant_id=\"}\"} 3 1795362000\nranges_unavailable_total 9\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Unavailable != known(5) {
		t.Errorf("unavailable %v, want 5", got.Unavailable)
	}
}

func TestParseVars_refusesAnAnswerWithoutMetrics(t *testing.T) {
	for _, body := range []string{"", "404 page not found\n", "<html>\n", "ranges{store=\"1\" 3\n", "ranges NaN\n", "ranges +Inf\n", "ranges 12"} {
		if got, err := ParseVars([]byte(body)); err == nil {
			t.Errorf("%q: %+v without an error", body, got)
		}
	}
}

func TestParseVars_readsLabelsAsTheyAreQuoted(t *testing.T) {
	got, err := ParseVars([]byte("node_id 2\nbuild_timestamp{go_version=\"a\\\"},tag=\\\"no\", tag=\"v26.2.5\"} 1\n"))
	if err != nil || got.Version != "v26.2.5" {
		t.Errorf("%+v, %v, want version v26.2.5", got, err)
	}
}

func FuzzParseVars(f *testing.F) {
	f.Add("ranges{store=\"1\"} 18\n")
	f.Add("build_timestamp{tag=\"v21.1.2\",go_version=\"x\\\"} 1.795362e+09\nnode_id 1\n")
	f.Add("ranges{{}\"\\ 1e999\nreplicas -0x1p-2\n{} 1\n")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := ParseVars([]byte(body))
		if err != nil {
			return
		}
		// More that is unknown changes nothing.
		again, err := ParseVars([]byte("# HELP\nother{a=\"b\"} 1\n" + body))
		if diff := cmp.Diff(got, again); err != nil || diff != "" {
			t.Errorf("%v (-alone +with others):\n%s", err, diff)
		}
	})
}
