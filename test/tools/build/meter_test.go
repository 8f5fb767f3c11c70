package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClassify_tellsPackagesDownloadsAndMessagesApart(t *testing.T) {
	for text, want := range map[string]kind{
		"k8s.io/kubernetes/pkg/kubelet":           compiled,
		"unicode/utf8":                            compiled,
		"main":                                    compiled,
		"go: downloading k8s.io/api v0.37.2":      download,
		"go: k8s.io/none@v1.0.0: invalid version": message,
		"# example.test/m/inner":                  message,
		"inner/inner.go:3:8: undefined: x":        message,
		"package example.test/none is not in std": message,
		"":                                      message,
		"\texample.test/a imports":              message,
		"vendor/golang.org/x/net/http/httpguts": compiled,
		"gopkg.in/natefinch/lumberjack.v2":      compiled,
		"go.yaml.in/yaml/v2":                    compiled,
		"warning: GOPATH set to GOROOT (/usr) has no effect":    message,
		"note: module requires Go 1.99":                         message,
		"cannot install, GOBIN must be an absolute path":        message,
		"github.com/golangci/golangci-lint/v2/cmd/golangci-lin": compiled,
	} {
		if got := classify(text); got != want {
			t.Errorf("classify(%q) = %d, want %d", text, got, want)
		}
	}
}

// states plays a build and returns what is shown at each moment.
func states(terminal bool) string {
	out := new(strings.Builder)
	m := newMeter(out, terminal, target{Out: "bin/tool"})
	start := m.began
	at := func(seconds int) {
		m.now = func() time.Time { return start.Add(time.Duration(seconds) * time.Second) }
		m.show()
	}
	at(0)
	at(1)
	m.line("go: downloading example.test/a v1.0.0")
	at(15)
	m.expect(4)
	m.announce(4, "it is large")
	at(16)
	m.line("example.test/a")
	m.line("example.test/b")
	m.line("# a warning")
	at(30)
	m.line("example.test/c")
	m.line("example.test/m")
	at(75)
	m.say("built")
	return out.String()
}

func TestMeter_showsLinesWhenPiped(t *testing.T) {
	want := `building tool: looking at what is there, 1s
building tool: downloading modules, 1 so far, 15s
building bin/tool: 4 packages to compile: it is large
building tool: 0 of 4 packages, 16s
# a warning
building tool: 2 of 4 packages, 30s
building tool: linking, 1m15s
built
`
	if diff := cmp.Diff(want, states(false)); diff != "" {
		t.Errorf("lines differ (-want +got):\n%s", diff)
	}
}

func TestMeter_showsABarOnATerminalAndTakesItAway(t *testing.T) {
	const erase = "\r\x1b[2K"
	want := erase + "building tool: looking at what is there, 1s" +
		erase + "building tool: downloading modules, 1 so far, 15s" +
		erase + "building bin/tool: 4 packages to compile: it is large\n" +
		erase + "building tool [........................] 0/4 16s" +
		erase + "# a warning\n" +
		erase + "building tool [############............] 2/4 30s" +
		erase + "building tool: linking, 1m15s" +
		erase + "built\n"
	if diff := cmp.Diff(want, states(true)); diff != "" {
		t.Errorf("bar differs (-want +got):\n%s", diff)
	}
}

func TestMeter_countsOnWithoutATotal(t *testing.T) {
	m := newMeter(new(strings.Builder), true, target{Out: "bin/tool"})
	m.expect(0)
	m.line("example.test/a")
	if got, want := m.state(time.Minute), "building tool: 1 packages, 1m0s"; got != want {
		t.Errorf("state is %q, want %q", got, want)
	}
}
