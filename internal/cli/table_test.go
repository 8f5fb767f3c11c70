package cli

import "testing"

func TestJoined_breaksOnlyBetweenParts(t *testing.T) {
	parts := []string{"3 of 3 live", "v26.2.5", "insecure", "ranges: 0 unavailable"}
	for width, want := range map[int]string{
		0:  " · 3 of 3 live · v26.2.5 · insecure · ranges: 0 unavailable",
		80: " · 3 of 3 live · v26.2.5 · insecure · ranges: 0 unavailable",
		40: " · 3 of 3 live · v26.2.5\n  insecure · ranges: 0 unavailable",
		10: "\n  3 of 3 live\n  v26.2.5\n  insecure\n  ranges: 0 unavailable",
	} {
		if got := joined(parts, len("db in ns: ok"), width); got != want {
			t.Errorf("width %d: got %q, want %q", width, got, want)
		}
	}
}
