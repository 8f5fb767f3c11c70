package e2e

import (
	"context"
	"crypto/tls"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What people do with a cluster that runs.

func TestUse_everyWayIn(t *testing.T) {
	p := arrive(t, defaultClass)
	p.crdb(p.up(p.small()...)...).ok("ready in", "3 pods, TLS")
	p.writeRow()
	client := p.client()

	p.step("a command that is run with the database has it in its environment, and its exit code is the program's", func(p place) {
		got := p.crdb("forward", "--", client, "sql", "--format=csv", "-e", "SELECT current_user()").ok()
		got.says(got.stdout, "app")
		got = p.crdb("forward", "--root", "--", client, "sql", "--format=csv", "-e", "SELECT word FROM e2e.words").ok()
		got.says(got.stdout, "still here")
		p.endsWith(9, "forward", "--", "sh", "-c", "exit 9")
		p.endsWith(1, "forward", "--", client, "sql", "-e", "SELECT nothing FROM nowhere")
		p.endsWith(127, "forward", "--", "no-such-command")
	})
	p.step("SIGTERM reaches it, and the database stays until it has ended", func(p place) {
		script := `trap '"$0" sql --format=csv -e "SELECT 1 + 41"; exit 5' TERM; echo started >&2; while :; do sleep 0.05; done`
		going := p.start("forward", "--", "sh", "-c", script, client)
		going.saying("started")
		going.signal(syscall.SIGTERM)
		got := going.wait()
		got.says(got.stdout, "42")
		if got.code != 5 {
			p.t.Errorf("exit code %d, want 5\n%s", got.code, got.all())
		}
	})
	p.step("sql -e, and what comes on stdin", func(p place) {
		got := p.crdb("sql", "-e", "SELECT 1 + 41", "--", "--format=csv").ok()
		got.says(got.stdout, "42")
		p.endsWith(1, "sql", "-e", "SELECT nothing FROM nowhere")
		piped := exec.CommandContext(p.t.Context(), p.suite.program("crdb-kube"), "sql", "--namespace", p.namespace)
		piped.Env = p.suite.environment(p.cluster.kubeconfig)
		piped.Stdin = strings.NewReader("SELECT current_user();\nSELECT word FROM e2e.words;\n")
		if said, err := piped.CombinedOutput(); err != nil || !strings.Contains(string(said), "root") || !strings.Contains(string(said), "still here") {
			p.t.Errorf("%v: %s", err, said)
		}
	})
	p.step("the connection string, with the password only where that is asked for", func(p place) {
		password := string(p.secrets()[appSecret].Data["password"])
		for _, args := range [][]string{{"url"}, {"url", "-o", "env"}, {"url", "-o", "json"}, {"url", "--forward"}} {
			if got := p.crdb(args...).ok(); strings.Contains(got.all(), password) || !strings.Contains(got.stdout, "app@") {
				p.t.Error(got.all())
			}
			if got := p.crdb(append(args, "--show-secrets")...).ok(); !strings.Contains(got.stdout, password) {
				p.t.Error(got.all())
			}
		}
	})
	p.step("Tab offers namespaces, clusters and classes that there are", func(p place) {
		p.offers(p.namespace, "status", "--namespace", "")
		p.offers("cockroachdb", "status", "--namespace="+p.namespace, "--name", "")
		p.offers(p.defaultClass(), "up", "--storage-class", "")
		p.offers("localkube", "status", "--context", "")
	})
	p.step("a forward survives the pod that it uses", forwardSurvives)
	p.step("so does the DB Console", consoleSurvives)
	p.step("a stopped cluster and none say so", func(p place) {
		p.crdb("down").ok("stopped in")
		p.crdb("sql", "-e", "SELECT 1").fails(1, "is stopped", "crdb-kube up")
		p.crdb("forward", "--port", "0").fails(1, "is stopped")
		p.crdb("sql", "--name", "other").fails(6, "there is none")
		p.crdb("forward", "--name", "other", "--", "true").fails(6, "there is none")
		p.crdb("url", "--name", "other").fails(6, "there is none")
	})
}

// client is a cockroach for this machine: the stand-in's speaks only to its own.
func (p place) client() string {
	p.t.Helper()
	if p.cluster.dir != "" {
		return p.suite.program("cockroach")
	}
	program, err := exec.LookPath("cockroach")
	if err != nil {
		leaveOut(p.t, "there is no cockroach in PATH to connect with")
	}
	return program
}

// offers wants this among what the shell shows at Tab, before anybody grows
// impatient.
func (p place) offers(want string, line ...string) {
	p.t.Helper()
	if p.cluster.dir == "" && want == "localkube" {
		return // a context of another name
	}
	cmd := exec.CommandContext(p.t.Context(), p.suite.program("crdb-kube"), append([]string{"__complete"}, line...)...)
	cmd.Env = p.suite.environment(p.cluster.kubeconfig)
	began := time.Now()
	said, err := cmd.Output()
	took := time.Since(began)
	if err != nil || !slices.Contains(strings.Split(string(said), "\n"), want) {
		p.t.Errorf("%v: %v offers %q, want %s among it", line, err, said, want)
	}
	p.t.Logf("%v took %s", line, took)
	if took > time.Second { // 300 ms, on a machine that has nothing else to do
		p.t.Errorf("%v took %s", line, took)
	}
}

// endsWith wants this exit code of a program that was run within.
func (p place) endsWith(code int, args ...string) {
	p.t.Helper()
	if got := p.crdb(args...); got.code != code {
		p.t.Errorf("exit code %d, want %d\n%s", got.code, code, got.all())
	}
}

func forwardSurvives(p place) {
	going := p.start("forward", "--port", "0", "--show-secrets")
	address := going.printing(`postgresql://\S+`)
	through := going.printing(`through (\S+);`)
	p.answersSQL(address)
	p.kubectl("delete", "pod", through, "--grace-period=1")
	p.answersSQL(address)
	p.await(60*time.Second, func() string { // and goes on while it comes back
		p.answersSQL(address)
		if running := p.pods(); len(running) < 3 {
			return "a pod is missing"
		}
		return ""
	})
	going.saying("connections go to")
	going.signal(syscall.SIGINT)
	if got := going.wait(); got.code != 130 || strings.Contains(got.stderr, "error") {
		p.t.Errorf("exit code %d\n%s", got.code, got.all())
	}
}

// answersSQL wants that a client on this machine gets an answer.
func (p place) answersSQL(address string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	said, err := exec.CommandContext(ctx, p.client(), "sql", "--url", address, "-e", "SELECT 1 + 41").CombinedOutput()
	if err != nil || !strings.Contains(string(said), "42") {
		p.t.Fatalf("%v: %s", err, said)
	}
}

func consoleSurvives(p place) {
	going := p.start("console", "--port", "0")
	address := going.printing(`https://\S+[0-9]`)
	through := going.printing(`through (\S+);`)
	answers := func() string {
		client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, //nolint:gosec // only whether it answers
		}}
		request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, address+"/health", nil)
		if err != nil {
			return err.Error()
		}
		response, err := client.Do(request)
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return response.Status
		}
		return ""
	}
	if why := answers(); why != "" {
		p.t.Fatal(why)
	}
	p.kubectl("delete", "pod", through, "--grace-period=1")
	if why := answers(); why != "" {
		p.t.Error(why)
	}
	going.signal(syscall.SIGINT)
	if got := going.wait(); got.code != 130 {
		p.t.Errorf("exit code %d\n%s", got.code, got.all())
	}
}

// printing waits for something on stdout: the first group of the expression,
// or all of it.
func (r *run) printing(expression string) string {
	t := r.place.t
	t.Helper()
	want := regexp.MustCompile(expression)
	found := ""
	r.place.await(time.Minute, func() string {
		match := want.FindStringSubmatch(r.stdout.String())
		if match == nil {
			text, _ := r.heard()
			return "stdout: " + r.stdout.String() + "\nstderr: " + text
		}
		found = match[len(match)-1]
		return ""
	})
	return found
}

// saying waits for words on stderr.
func (r *run) saying(words string) {
	r.place.t.Helper()
	for {
		text, more := r.heard()
		if strings.Contains(text, words) {
			return
		}
		select {
		case <-more:
		case <-r.ended:
			text, _ := r.heard()
			r.place.t.Fatalf("it ended before it said %q:\n%s", words, text)
		}
	}
}
