package cockroach

import (
	"testing"
	"time"
)

func TestVersionOf_readsReleasesOnly(t *testing.T) {
	for image, want := range map[string]string{
		DefaultImage:                    "v26.2.5",
		"cockroachdb/cockroach:v21.1.2": "v21.1.2",
		"localhost:5000/cockroachdb/cockroach:v24.3.0-rc.1": "v24.3.0-rc.1",
		"cockroach:23.1.29":                         "v23.1.29",
		"cockroach:v26.2.5@sha256:0123456789abcdef": "v26.2.5",
		"cockroach:latest":                          "",
		"cockroach:v26.2":                           "",
		"localhost:5000/cockroach":                  "",
		"cockroach@sha256:0123456789abcdef":         "",
		"cockroach:v99999.1.1":                      "",
		"":                                          "",
	} {
		version, ok := VersionOf(image)
		if ok != (want != "") || (ok && version.String() != want) {
			t.Errorf("%s: %v, %v, want %q", image, version, ok, want)
		}
	}
}

func TestThrottledFrom_appliesToTheReleasesWithALicence(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for tag, want := range map[string]bool{
		"v21.1.2": false, "v23.1.28": false, "v23.1.29": true, "v23.2.14": false, "v23.2.15": true,
		"v24.1.6": false, "v24.1.7": true, "v24.2.4": false, "v24.2.5": true, "v24.3.0": true, "v26.2.5": true, "mine": true,
	} {
		from, applies := sampleCluster(image("cockroach:" + tag)).ThrottledFrom(start)
		if applies != want {
			t.Errorf("%s: %v, want %v", tag, applies, want)
		}
		if applies && !from.Equal(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("%s: from %v", tag, from)
		}
	}
	if _, applies := sampleCluster(nodes(1)).ThrottledFrom(start); applies {
		t.Error("a single CockroachDB node is exempt")
	}
}
