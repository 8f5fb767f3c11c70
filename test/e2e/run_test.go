package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// hung is when a call of the program counts as one that never ends, slow when
// the reader of the log will want to know what it waited for.
const (
	hung = 3 * time.Minute
	slow = 20 * time.Second
)

// result is one finished call of the program.
type result struct {
	t              *testing.T
	command        string
	code           int
	stdout, stderr string
	took           time.Duration
}

// run is a call of the program that still goes on.
type run struct {
	place   place
	cmd     *exec.Cmd
	args    []string
	started time.Time
	limit   time.Duration
	cancel  context.CancelFunc
	stdout  output
	ended   chan struct{} // stderr is read to its end

	mu     sync.Mutex
	stderr strings.Builder
	news   chan struct{} // closed and replaced when stderr grows
}

// output is what the program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes more of it.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// start calls the program in the scenario's namespace and does not wait.
func (p place) start(args ...string) *run {
	p.t.Helper()
	return p.startWith(p.cluster.kubeconfig, p.here(args)...)
}

// here adds the scenario's namespace to the arguments, before two dashes: what
// stands behind them is for another program.
func (p place) here(args []string) []string {
	where := len(args)
	if i := slices.Index(args, "--"); i >= 0 {
		where = i
	}
	return slices.Insert(slices.Clone(args), where, "--namespace", p.namespace)
}

func (p place) startWith(kubeconfig string, args ...string) *run {
	p.t.Helper()
	return p.startFor(hung, kubeconfig, args...)
}

// startFor is for a call that may take longer than others.
func (p place) startFor(limit time.Duration, kubeconfig string, args ...string) *run {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), limit)
	r := &run{place: p, args: args, limit: limit, cancel: cancel, ended: make(chan struct{}), news: make(chan struct{})}
	r.cmd = exec.CommandContext(ctx, p.suite.program("crdb-kube"), args...)
	r.cmd.Env = p.suite.environment(kubeconfig)
	r.cmd.Stdout = &r.stdout
	stderr, err := r.cmd.StderrPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	r.started = time.Now()
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		lines := bufio.NewReader(stderr)
		for {
			line, err := lines.ReadString('\n')
			r.mu.Lock()
			r.stderr.WriteString(line)
			close(r.news)
			r.news = make(chan struct{})
			r.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return r
}

// heard is what the program has said on stderr so far, and what tells of more.
func (r *run) heard() (text string, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stderr.String(), r.news
}

// until waits for an event of a program that runs with --progress=json.
func (r *run) until(is func(event) bool) {
	r.place.t.Helper()
	if !r.comesTo(is) {
		text, _ := r.heard()
		r.place.t.Fatalf("crdb-kube %s: ended before it came to the point that was waited for\n%s", strings.Join(r.args, " "), text)
	}
}

// comesTo waits for an event, and says whether it came before the end.
func (r *run) comesTo(is func(event) bool) bool {
	for {
		text, more := r.heard()
		if slices.ContainsFunc(eventsIn(text), is) {
			return true
		}
		select {
		case <-more:
		case <-r.ended:
			text, _ := r.heard()
			return slices.ContainsFunc(eventsIn(text), is)
		}
	}
}

func (r *run) signal(signal os.Signal) {
	r.place.t.Helper()
	if err := r.cmd.Process.Signal(signal); err != nil {
		r.place.t.Fatal(err)
	}
}

// wait is the end of the call.
func (r *run) wait() result {
	t := r.place.t
	t.Helper()
	<-r.ended
	err := r.cmd.Wait()
	took := time.Since(r.started)
	r.cancel()
	text, _ := r.heard()
	got := result{t: t, command: "crdb-kube " + strings.Join(r.args, " "), stdout: r.stdout.String(), stderr: text, took: took}
	got.code = r.cmd.ProcessState.ExitCode()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if took >= r.limit {
		t.Fatalf("%s: had not ended after %s\n%s%s", got.command, r.limit, got.stdout, got.stderr)
	}
	t.Logf("$ %s   [%d, %.1fs]", got.command, got.code, took.Seconds())
	got.holdsTo()
	if took > slow {
		t.Logf("slow:\n%s", got.all())
	}
	return got
}

// crdb calls the program and waits for its end.
func (p place) crdb(args ...string) result {
	p.t.Helper()
	return p.start(args...).wait()
}

// patiently calls the program while others work: it waits most of the time,
// and takes minutes.
func (p place) patiently(args ...string) (got result) {
	p.t.Helper()
	p.idle(func() { got = p.startFor(3*hung, p.cluster.kubeconfig, p.here(args)...).wait() })
	return got
}

// up are the arguments that make this scenario's cluster.
func (p place) up(more ...string) []string {
	args := []string{"up", "--image", p.suite.image}
	if p.hostPath != "" {
		args = append(args, "--host-path", p.hostPath)
	}
	return append(args, more...)
}

// small are sizes with which many pods find room at once.
func (p place) small(more ...string) []string {
	cpu := "100m"
	if p.cluster.dir == "" { // the real database
		cpu = "250m"
	}
	return append([]string{"--cpu", cpu, "--memory", "2Gi"}, more...)
}

// ok wants a good end, with all of these words on stdout.
func (r result) ok(words ...string) result {
	r.t.Helper()
	if r.code != 0 {
		r.t.Fatalf("%s: exit code %d, want 0\n%s", r.command, r.code, r.all())
	}
	return r.says(r.stdout, words...)
}

// telling wants all of these words on stderr.
func (r result) telling(words ...string) result {
	r.t.Helper()
	return r.says(r.stderr, words...)
}

func (r result) says(where string, words ...string) result {
	r.t.Helper()
	for _, word := range words {
		if !strings.Contains(where, word) {
			r.t.Fatalf("%s: does not say %q\n%s", r.command, word, r.all())
		}
	}
	return r
}

func (r result) all() string {
	return "-- stdout\n" + r.stdout + "-- stderr\n" + r.stderr
}

// fails wants this exit code, nothing on stdout, and at the end of stderr one
// line that names the thing and one of hint, with evidence between them; all
// of these words are in there.
func (r result) fails(code int, words ...string) result {
	r.t.Helper()
	if r.code != code {
		r.t.Fatalf("%s: exit code %d, want %d\n%s", r.command, r.code, code, r.all())
	}
	if r.stdout != "" {
		r.t.Errorf("%s: failed, and yet wrote to stdout\n%s", r.command, r.all())
	}
	message := r.failure()
	if !regexp.MustCompile(`^error: \S.*\n(  (seen|    )  \S.*\n)*  next  \S.*\n$`).MatchString(message) {
		r.t.Errorf("%s: want one error line, evidence, and one line of hint\n%s", r.command, r.all())
	}
	return r.says(message, words...)
}

// failure is stderr from the error line on, or what the last of the JSON lines
// would look like there.
func (r result) failure() string {
	if end := r.end(); end.ExitCode != nil {
		text := "error: " + end.Message + "\n"
		for _, line := range end.Seen {
			text += "  seen  " + strings.Join(strings.Fields(line), " ") + "\n"
		}
		return text + "  next  " + end.Next + "\n"
	}
	if strings.HasPrefix(r.stderr, "error: ") {
		return r.stderr
	}
	_, message, _ := strings.Cut(r.stderr, "\nerror: ")
	return "error: " + message
}
