package deploy

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// FuzzMerge puts logs together, which say anything: no line is lost, none comes
// twice, and those of one pod stay in their order.
func FuzzMerge(f *testing.F) {
	f.Add("2026-01-01T00:00:01Z a\n2026-01-01T00:00:03Z b\n", "2026-01-01T00:00:02Z c\nd\n")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, first, second string) {
		texts := map[string]string{"a": first, "b": second}
		lines := func(text string) []string {
			var all []string
			log := kube.ReadLog(io.NopCloser(strings.NewReader(text)))
			for {
				line, err := log.Next()
				if err != nil {
					return all
				}
				all = append(all, string(bytes.Clone(line.Text)))
			}
		}
		var open []*pouring
		for pod, text := range texts {
			open = append(open, &pouring{pod: pod, stream: kube.ReadLog(io.NopCloser(strings.NewReader(text)))})
		}
		got := map[string][]string{}
		err := merge(open, func(pod string, line []byte) error {
			got[pod] = append(got[pod], string(line))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for pod, text := range texts {
			if !slices.Equal(got[pod], lines(text)) {
				t.Errorf("pod %s: got %q, want %q", pod, got[pod], lines(text))
			}
		}
	})
}

func FuzzOrdinal(f *testing.F) {
	f.Add("datadir-db-0", "datadir-db-")
	f.Add("datadir-db-00", "datadir-db-")
	f.Add("datadir-db-99999999999999999999", "datadir-db-")
	f.Fuzz(func(t *testing.T, name, prefix string) {
		n, ok := ordinal(name, prefix)
		if c := names(Target{"n", "db"}); ok && prefix == claimPrefix+"db-" && c.ClaimName(n) != name {
			t.Errorf("%q is number %d, which is called %s", name, n, c.ClaimName(n))
		}
		if !ok && n != 0 {
			t.Errorf("%q is none, but number %d", name, n)
		}
	})
}

// FuzzStamps reads what annotations say of dates.
func FuzzStamps(f *testing.F) {
	f.Add("2031-01-01T00:00:00Z")
	f.Add("9999-99-99T99:99:99+99:99")
	f.Add("0000-01-01T00:00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		for _, at := range appendStamps(nil, map[string]string{"a": text}, "a", "b") {
			if days(time.Until(at)) == "" {
				t.Errorf("%q: nothing is said of %s", text, at)
			}
		}
	})
}
