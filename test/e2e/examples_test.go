package e2e

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// withDatabase is the script of examples/ci.
var withDatabase = filepath.Join("..", "..", "examples", "ci", "with-database.sh")

// script is a call of with-database.sh that goes on.
type script struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr strings.Builder
}

// startScript calls with-database.sh in this shell, for this command.
func startScript(t *testing.T, shell, environment []string, command ...string) *script {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	t.Cleanup(cancel)
	args := append(append(shell[1:len(shell):len(shell)], withDatabase), command...)
	s := &script{t: t, cmd: exec.CommandContext(ctx, shell[0], args...)}
	s.cmd.Env = append(environment, "TMPDIR="+t.TempDir())
	s.cmd.Stderr = &s.stderr
	s.cmd.Cancel = func() error { return s.cmd.Process.Signal(syscall.SIGTERM) }
	s.cmd.WaitDelay = 30 * time.Second
	stdin, inErr := s.cmd.StdinPipe()
	stdout, outErr := s.cmd.StdoutPipe()
	s.stdin, s.stdout = stdin, bufio.NewReader(stdout)
	if err := errors.Join(inErr, outErr, s.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	return s
}

// line is the next line that the command prints; "" when none comes any more.
func (s *script) line() string {
	s.t.Helper()
	text, err := s.stdout.ReadString('\n')
	if err != nil && err != io.EOF {
		s.t.Fatal(err)
	}
	return strings.TrimSuffix(text, "\n")
}

// ends wants this exit code, and returns what was still printed. Nothing of
// the script's own may be left.
func (s *script) ends(code int) (stdout, stderr string) {
	s.t.Helper()
	rest, err := io.ReadAll(s.stdout)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait() // the code says it all
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("exit code %d, want %d\n%s", got, code, s.stderr.String())
	}
	temporary, _ := strings.CutPrefix(s.cmd.Env[len(s.cmd.Env)-1], "TMPDIR=")
	if left := under(s.t, temporary); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
	return string(rest), s.stderr.String()
}

// script calls with-database.sh for a cluster in the scenario's namespace.
func (p place) script(flags string, command ...string) *script {
	p.t.Helper()
	environment := p.suite.environment(p.cluster.kubeconfig)
	environment[0] = "PATH=" + p.suite.bin + ":" + p.suite.folder + ":" + os.Getenv("PATH")
	return startScript(p.t, []string{"sh"}, append(environment,
		"CRDB_KUBE_NAMESPACE="+p.namespace, "CRDB_KUBE_PREFIX=e2e", "CRDB_KUBE_UP_FLAGS="+flags), command...)
}

// gone wants that nothing is left of any cluster.
func (p place) gone() {
	p.t.Helper()
	left := p.kubectl("get", "statefulsets,pods,services,poddisruptionbudgets,persistentvolumeclaims,configmaps,leases,controllerrevisions",
		"-l", ours, "-o", "name", "--ignore-not-found")
	if left != "" {
		p.t.Errorf("left behind:\n%s", left)
	}
}

// closed wants that the port-forward has ended.
func (p place) closed(address string) {
	p.t.Helper()
	p.await(10*time.Second, func() string {
		connection, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return ""
		}
		return fmt.Sprintf("%s is open (%v)", address, connection.Close())
	})
}

func TestWithDatabase_deletesTheDatabaseHoweverTheCommandEnds(t *testing.T) {
	p := arrive(t, defaultClass)
	flags := strings.Join(p.small("--nodes", "1", "--image", p.suite.image), " ")
	const tell = `echo "$DATABASE_URL"; read -r word && echo "heard $word" && exit "$word"`

	p.step("a good command reaches the database under DATABASE_URL", func(p place) {
		running := p.script(flags, "sh", "-c", tell)
		address := p.answersUnder(running.line())
		if pods := p.pods(); len(pods) != 1 || !strings.HasPrefix(pods[0].Name, "e2e-") {
			p.t.Errorf("want one pod named e2e-…, got %d", len(pods))
		}
		fmt.Fprintln(running.stdin, 0)
		if stdout, _ := running.ends(0); stdout != "heard 0\n" {
			p.t.Errorf("stdout is not the command's alone: %q", stdout)
		}
		p.gone()
		p.closed(address)
	})
	p.step("a failing command keeps its exit code and shows the status", func(p place) {
		running := p.script(flags, "sh", "-c", tell)
		address := p.addressIn(running.line())
		fmt.Fprintln(running.stdin, 7)
		_, stderr := running.ends(7)
		if !regexp.MustCompile(`(?m)^e2e-[0-9a-f]{8} in ` + p.namespace + `: healthy`).MatchString(stderr) {
			p.t.Errorf("no status on stderr:\n%s", stderr)
		}
		p.gone()
		p.closed(address)
	})
	p.step("SIGTERM in the middle of the command still removes the database", func(p place) {
		running := p.script(flags, "sh", "-c", `echo "$DATABASE_URL"; exec sleep 300`)
		address := p.addressIn(running.line())
		if err := running.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			p.t.Fatal(err)
		}
		running.ends(143)
		p.gone()
		p.closed(address)
	})
	p.step("where up fails its exit code stays, the status is shown, and the command does not run", func(p place) {
		running := p.script(flags+" --image "+noImage+" --timeout 3s", "echo", "it ran")
		stdout, stderr := running.ends(3)
		if stdout != "" {
			p.t.Errorf("stdout: %q", stdout)
		}
		if !regexp.MustCompile(`(?m)^e2e-[0-9a-f]{8} in ` + p.namespace + `: `).MatchString(stderr) {
			p.t.Errorf("no status on stderr:\n%s", stderr)
		}
		p.gone()
	})
}

// addressIn is host and port of a DATABASE_URL.
func (p place) addressIn(databaseURL string) string {
	p.t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme != "postgresql" || u.User.Username() != "root" || u.Hostname() != "127.0.0.1" ||
		u.Path != "/defaultdb" || u.Query().Get("sslmode") != "disable" {
		p.t.Fatalf("DATABASE_URL is %q (%v)", databaseURL, err)
	}
	return u.Host
}

// answersUnder wants that a database answers there, and returns host and port.
func (p place) answersUnder(databaseURL string) string {
	p.t.Helper()
	address := p.addressIn(databaseURL)
	if p.cluster.dir != "" {
		// The stand-in does not speak PostgreSQL's protocol, but its own program
		// takes the same URL.
		client := exec.CommandContext(p.t.Context(), p.suite.program("cockroach"), "sql", "--url", databaseURL, "--format=csv", "-e", "SELECT 1")
		if said, err := client.CombinedOutput(); err != nil || string(said) != "?column?\n1\n" {
			p.t.Errorf("SELECT 1 under %s: %q, %v", databaseURL, said, err)
		}
		return address
	}
	connection, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	// PostgreSQL's SSLRequest; a server without TLS answers N.
	answer := make([]byte, 1)
	_, err = connection.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47})
	if err == nil {
		_, err = io.ReadFull(connection, answer)
	}
	if err != nil || string(answer) != "N" {
		p.t.Errorf("%s answers %q to an SSLRequest, want N (%v)", address, answer, err)
	}
	return address
}

// shells are those of this machine that with-database.sh is for.
func shells() [][]string {
	var found [][]string
	for _, shell := range []string{"sh", "dash", "bash --posix", "busybox ash", "ksh", "mksh"} {
		words := strings.Fields(shell)
		if _, err := exec.LookPath(words[0]); err == nil {
			found = append(found, words)
		}
	}
	return found
}

// pretend writes programs into a folder that only log their first argument,
// and then do what a variable with their name says.
func pretend(t *testing.T, names ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range names {
		text := "#!/bin/sh\necho \"$1\" >>\"$CALLS\"\neval \"case $1 in $" + strings.ReplaceAll(name, "-", "_") + " *) ;; esac\"\n"
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// Shells differ in how they treat signals and exit codes, which is what the
// script's promises rest on: hence all of them, with programs that pretend.
func TestWithDatabase_keepsItsPromisesInEveryShell(t *testing.T) {
	const (
		forwards = `port-forward) trap 'echo "(ended)" >>"$CALLS"; exit' TERM
			echo 'Forwarding from 127.0.0.1:40321 -> 26257'; while [ -e "$CALLS" ]; do sleep 1; done ;;`
		all = "up port-forward down"
	)
	for _, test := range []struct {
		sentence string
		kube     string // what crdb-kube does, as branches of a case
		kubectl  string // the same; by default it forwards
		command  string
		code     int
		stdout   string
		calls    string
	}{
		{
			sentence: "good command", kube: "up | down) echo noise ;;", command: `cat; echo "$DATABASE_URL"`,
			stdout: "what it reads\npostgresql://root@127.0.0.1:40321/defaultdb?sslmode=disable\n", calls: all,
		},
		{sentence: "failing command", command: "exit 7", code: 7, calls: "up port-forward status down"},
		{sentence: "up fails", kube: "up) exit 5 ;;", command: "echo ran", code: 5, calls: "up status down"},
		{sentence: "port-forward fails", kubectl: "port-forward) sleep 1; exit 3 ;;", command: "echo ran", code: 1, calls: "up port-forward status down"},
		{sentence: "down fails after a good command", kube: "down) exit 3 ;;", command: "exit 0", code: 3, calls: all},
		{sentence: "down fails after a failing command", kube: "down) exit 3 ;;", command: "exit 7", code: 7, calls: "up port-forward status down"},
		{sentence: "SIGINT", command: "kill -INT $PPID; exec sleep 300", code: 130, calls: all},
		{sentence: "SIGTERM", command: "kill -TERM $PPID; exec sleep 300", code: 143, calls: all},
		{sentence: "SIGTERM during up", kube: "up) kill -TERM $PPID; exec sleep 300 ;;", command: "echo ran", code: 143, calls: "up down"},
		{sentence: "SIGTERM to a command that does not heed it", command: "trap '' TERM; kill -TERM $PPID; while :; do sleep 1; done", code: 143, calls: all},
		{sentence: "another SIGTERM during down", kube: "down) kill -TERM $PPID; echo down >>$CALLS ;;", command: "exit 7", code: 7, calls: "up port-forward status down down"},
	} {
		for _, shell := range shells() {
			t.Run(test.sentence+" in "+strings.Join(shell, " "), func(t *testing.T) {
				t.Parallel()
				calls := filepath.Join(t.TempDir(), "calls")
				s := startScript(t, shell, []string{
					"PATH=" + pretend(t, "crdb-kube", "kubectl") + ":" + os.Getenv("PATH"), "CALLS=" + calls,
					"crdb_kube=" + test.kube, "kubectl=" + cmp.Or(test.kubectl, forwards),
				}, "sh", "-c", test.command)
				_, _ = io.WriteString(s.stdin, "what it reads\n") // if it does
				s.stdin.Close()
				if stdout, _ := s.ends(test.code); stdout != test.stdout {
					t.Errorf("stdout %q, want %q", stdout, test.stdout)
				}
				place{t: t}.await(10*time.Second, func() string { // the port-forward ends by and by
					called, err := os.ReadFile(calls)
					if err != nil {
						t.Fatal(err)
					}
					words := strings.Fields(string(called))
					going := slices.Contains(words, "port-forward") && test.kubectl == "" && !slices.Contains(words, "(ended)")
					if got := strings.ReplaceAll(strings.Join(words, " "), " (ended)", ""); got != test.calls || going {
						return fmt.Sprintf("called %q, want %q; port-forward goes on: %t", got, test.calls, going)
					}
					return ""
				})
			})
		}
	}
}
