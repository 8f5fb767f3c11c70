package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
	"github.com/crdb-kube/crdb-kube/internal/progress/screentest"
)

func glance(name string, after time.Duration) deploy.Glance {
	status := statuses()[name]
	return deploy.Glance{Status: &status, Seen: seenAt().Add(after)}
}

func silence() error {
	return &kube.UnreachableError{Server: "https://127.0.0.1:6443", Err: errors.New("dial tcp 127.0.0.1:6443: connect: connection refused")}
}

func absent() error {
	return &deploy.Error{Kind: deploy.Absent, Message: "cluster cockroachdb: there is none in namespace default", Next: "crdb-kube up makes it"}
}

// watched is how a cluster is lost of sight, found again and deleted.
func watched() []deploy.Glance {
	lost := glance("healthy", 5*time.Second)
	lost.Trouble = silence()
	return []deploy.Glance{
		{Trouble: silence()},
		glance("healthy", 0),
		glance("healthy", 5*time.Second),
		lost,
		glance("degraded", 60*time.Second),
		{Trouble: absent(), Seen: seenAt().Add(70 * time.Second)},
	}
}

func TestWatchPage_isRepaintedAtEachWidthAsInItsGoldenFile(t *testing.T) {
	for _, width := range []int{40, 120} {
		for _, form := range []output{outputTable, outputWide} {
			screen := screentest.New(t, width, 50)
			size := func(n int) func() int { return func() int { return n } }
			picture := progress.NewPicture(screen, progress.Options{Width: size(width), Height: size(50)})
			a, _, _ := testApp(noInput(), nil)
			var b strings.Builder
			for i, g := range watched() {
				picture.Show(a.watchPage(g, form))
				if !screen.AsFound() {
					t.Errorf("%d wide, look %d: the terminal is not as it was found", width, i)
				}
				fmt.Fprintf(&b, "── look %d\n%s", i, screen)
			}
			picture.Close()
			golden(t, fmt.Sprintf("watch-%d.%s", width, form), b.String())
		}
	}
}

func TestChanges_arePrintedOnceEachInEveryForm(t *testing.T) {
	for _, form := range []output{outputTable, outputWide, outputJSON, outputYAML} {
		a, out, errOut := testApp(noInput(), nil)
		clock := seenAt()
		a.now = func() time.Time { clock = clock.Add(time.Second); return clock }
		show, end := a.watcher(form)
		for _, g := range watched() {
			for range 2 {
				if err := show(g); err != nil {
					t.Fatal(err)
				}
			}
		}
		end()
		golden(t, "changes."+string(form), out.String()+"── stderr\n"+errOut.String())
		if lines := strings.Count(out.String(), "\n"); form == outputJSON && lines != 2 {
			t.Errorf("%d lines of JSON for two changes", lines)
		}
	}
}

func TestRepaints_onlyATableOnATerminalThatIsLeftAlone(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*app)
		form   output
		stream progress.Stream
		env    map[string]string
		want   bool
	}{
		"table":                 {nil, outputTable, progress.Terminal, nil, true},
		"wide":                  {nil, outputWide, progress.Terminal, nil, true},
		"piped":                 {nil, outputTable, progress.Piped, nil, false},
		"json":                  {nil, outputJSON, progress.Terminal, nil, false},
		"yaml":                  {nil, outputYAML, progress.Terminal, nil, false},
		"in CI":                 {nil, outputTable, progress.Terminal, map[string]string{"CI": "true"}, false},
		"a terminal of old":     {nil, outputTable, progress.Terminal, map[string]string{"TERM": "dumb"}, false},
		"with a log":            {func(a *app) { a.verbose = 1 }, outputTable, progress.Terminal, nil, false},
		"--progress plain":      {func(a *app) { a.progress = progress.Plain }, outputTable, progress.Terminal, nil, false},
		"--progress tty":        {func(a *app) { a.progress = progress.TTY }, outputTable, progress.Terminal, nil, true},
		"--progress tty, piped": {func(a *app) { a.progress = progress.TTY }, outputTable, progress.Piped, nil, false},
	} {
		a, _, _ := testApp(noInput(), test.env)
		if test.change != nil {
			test.change(a)
		}
		if got := a.repaints(test.form, test.stream); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestChanges_failWhereNothingCanBeWritten(t *testing.T) {
	for _, form := range []output{outputTable, outputJSON, outputYAML} {
		a, _, _ := testApp(noInput(), nil)
		a.streams.Out = full{}
		show, end := a.watcher(form)
		if err := show(glance("healthy", 0)); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", form, err)
		}
		end()
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWatchPage_letsNoControlCharactersThrough(t *testing.T) {
	const evil = "\x1b[2J\x1b]0;x\x07\r\n\u202e"
	g := glance("degraded", 0)
	g.Trouble = errors.New("trouble " + evil)
	g.Status.Problems, g.Status.Warnings, g.Status.Next = []string{evil}, []string{evil}, evil
	g.Status.Pods[1].Node, g.Status.Pods[1].Detail = evil, evil
	screen := screentest.New(t, 120, 40) // it minds what it does not know
	picture := progress.NewPicture(screen, progress.Options{})
	a, _, _ := testApp(noInput(), nil)
	picture.Show(a.watchPage(g, outputWide))
	picture.Show(a.watchPage(deploy.Glance{Trouble: g.Trouble}, outputWide))
	picture.Close()
	if text := screen.String(); !strings.Contains(text, "trouble") {
		t.Errorf("it shows\n%s", text)
	}
}

func TestWatchPage_namesTheClusterInItsHints(t *testing.T) {
	for name, g := range map[string]deploy.Glance{"stopped": glance("stopped", 0), "absent": {Trouble: absent()}} {
		a, _, _ := testApp(noInput(), nil)
		a.root()
		a.name = "other"
		var b strings.Builder
		if err := a.watchPage(g, outputTable).Write(&b, progress.Palette{}, 0); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "crdb-kube up --name other ") {
			t.Errorf("%s: a hint that means another cluster:\n%s", name, &b)
		}
	}
}
