package cockroach

import "testing"

func TestLastWords_areTheErrorAndNotTheNoiseAroundIt(t *testing.T) {
	for text, want := range map[string]string{
		"": "",
		"Flag --logtostderr has been deprecated\nERROR: unable to create log directory: mkdir /cockroach/cockroach-data/logs: permission denied\nFailed running \"start\"\n": "unable to create log directory: mkdir /cockroach/cockroach-data/logs: permission denied",
		"I261122 16:12:12 one\nE261122 16:12:13 two\n\n":                                                          "E261122 16:12:13 two",
		"exec: \"/cockroach/cockroach\": permission denied":                                                       "exec: \"/cockroach/cockroach\": permission denied",
		"ERROR: no --join flags provided to 'cockroach start'\nHINT: Consider 'init'\nFailed running \"start\"\n": "no --join flags provided to 'cockroach start'",
	} {
		if got := LastWords(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
