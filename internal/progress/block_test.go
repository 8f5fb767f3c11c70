package progress

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// blocks are what `up`, a failed `up` and `status` end with.
func blocks(t *testing.T, p Palette, width int) string {
	t.Helper()
	result := Result{
		Headline: "ready in 4.1s: cockroachdb, 3 pods, TLS",
		Lines: []Pair{
			{Label: "shell", Text: "crdb-kube sql"},
			{Label: "app", Text: "secret/cockroachdb-app, key uri"},
			{Label: "here", Text: "crdb-kube forward --namespace a-rather-long-namespace -- go test ./..."},
			{Label: "note", Text: "no licence: from 2026-11-29 at most 5 transactions at once; --license-file, or --nodes 1", Form: Prose},
		},
	}
	evidence := Evidence{Text: "Failed to pull image \"cockroachdb/cockroach:v99\":\n\x1b[31mnot found", Where: "event of cockroachdb-0", Age: 2 * time.Second}
	failure := Failure{
		Message: "3 pods cannot pull image cockroachdb/cockroach:v99: not found in its registry (IMAGE_NOT_FOUND)",
		Lines: []Pair{
			{Label: "seen", Text: evidence.String(), Form: Prose},
			{Label: "seen", Text: "the same twice more", Form: Prose},
			{Label: "next", Text: "crdb-kube up --image cockroachdb/cockroach:v26.2.5"},
			{Label: "more", Text: "crdb-kube explain IMAGE_NOT_FOUND"},
		},
	}
	var b strings.Builder
	for _, write := range []func(io.Writer, Palette, int) error{result.Write, failure.Write, statusTable().Write} {
		if err := write(&b, p, width); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func statusTable() Table {
	row := func(name, state string, tone Tone, id, node, claim string) []Cell {
		return []Cell{{Text: name}, {state, tone}, {Text: "1/1"}, {Text: "0"}, {Text: id}, {Text: "v26.2.5"}, {Text: node}, {Text: claim}, {Text: "3m"}}
	}
	return Table{
		Header: strings.Fields("POD STATE READY RESTARTS ID VERSION NODE CLAIM AGE"),
		Rows: [][]Cell{
			row("cockroachdb-0", "ready", Good, "1", "minikube", "10Gi, 61Mi used"),
			row("cockroachdb-1", "joining", Warn, "", "ip-10-0-12-34.eu-central-1.compute.internal", "10Gi, 61Mi used"),
			row("cockroachdb-2", "crashing\x1b[2J", Bad, "2", "节点二", "10Gi"),
		},
	}
}

func TestBlocks_atEachWidthAreAsInTheirGoldenFiles(t *testing.T) {
	for name, width := range map[string]int{"piped": 0, "40": 40, "80": 80, "120": 120} {
		golden(t, "blocks-"+name+".txt", blocks(t, NewPalette(ColorNever), width))
	}
}

func TestBlocks_haveTheSameTextInColour(t *testing.T) {
	plain, coloured := blocks(t, Palette{}, 80), blocks(t, NewPalette(ColorAlways), 80)
	if !strings.Contains(coloured, "\x1b[31merror: \x1b[0m") || !strings.Contains(coloured, "\x1b[32mready\x1b[0m") {
		t.Errorf("no colour:\n%q", coloured)
	}
	m := newTerminal(t, 200, 100)
	if _, err := m.Write([]byte(coloured)); err != nil {
		t.Fatal(err)
	}
	if got := m.String(); got != plain {
		t.Errorf("with colours the text is\n%s\nwithout it is\n%s", got, plain)
	}
}

func TestBlocks_neverExceedTheWidthButForVerbatimAndLongWords(t *testing.T) {
	for width := 10; width < 130; width++ {
		var b strings.Builder
		if err := statusTable().Write(&b, Palette{}, width); err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(b.String()) {
			if n := cellsOf(strings.TrimSuffix(l, "\n")); n > width {
				t.Errorf("a row takes %d of %d cells: %s", n, width, l)
			}
		}
	}
}

func TestBlocks_reportTheWritersError(t *testing.T) {
	broken := brokenPipe{}
	for name, err := range map[string]error{
		"result":  Result{Headline: "x"}.Write(broken, Palette{}, 0),
		"failure": Failure{Message: "x"}.Write(broken, Palette{}, 0),
		"table":   statusTable().Write(broken, Palette{}, 0),
	} {
		if !errors.Is(err, errBroken) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

var errBroken = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

func TestDuration_isShortAtEveryLength(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0.0s", 40 * ms: "0.0s", 100 * ms: "0.1s", 4149 * ms: "4.1s", 59940 * ms: "59.9s",
		59960 * ms: "1m00s", 125 * time.Second: "2m05s", 62 * time.Minute: "1h02m", 50 * time.Hour: "2d",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%s) = %s, want %s", d, got, want)
		}
	}
}

func TestEvidence_saysWhereAndWhenAsFarAsKnown(t *testing.T) {
	for want, e := range map[string]Evidence{
		"text":                        {Text: "text"},
		"text   (log of a-0)":         {Text: "text", Where: "log of a-0"},
		"text   (2s ago)":             {Text: "text", Age: 2 * time.Second},
		"text   (log of a-0, 3m ago)": {Text: "text", Where: "log of a-0", Age: 3 * time.Minute},
		"(log of a-0)":                {Where: "log of a-0"},
	} {
		if got := e.String(); got != want {
			t.Errorf("%#v is %q, want %q", e, got, want)
		}
	}
}
