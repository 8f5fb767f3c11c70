package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// place is where one scenario works: a namespace of its own on a cluster that
// it shares with others.
type place struct {
	t         *testing.T
	suite     *suite
	cluster   *cluster
	namespace string
	setup     setup
	// hostPath is where volumes of our own lie; empty for a class.
	hostPath string
}

// arrive gives the scenario its place and lets it run beside others. It waits
// until not too many work at once.
func arrive(t *testing.T, want setup) place {
	t.Helper()
	shared.choose(t, want) // left out before anything is made
	t.Parallel()
	shared.early.Wait()
	return settleIn(t, want)
}

// arriveEarly is arrive for a scenario that only waits for a minute or more: it
// begins before the others, so that nobody waits for it in the end.
func arriveEarly(t *testing.T, want setup) place {
	t.Helper()
	shared.choose(t, want)
	shared.early.Add(1) // before any scenario goes on from Parallel
	t.Parallel()
	defer shared.early.Done()
	return settleIn(t, want)
}

func settleIn(t *testing.T, want setup) place {
	t.Helper()
	p := place{t: t, suite: shared, setup: want, namespace: namespaceFor(t.Name())}
	if shared.kubeconfig != "" {
		p.namespace = fmt.Sprintf("%.50s-%d", p.namespace, os.Getpid())
	}
	if want.own() {
		p.hostPath = "/var/lib/crdb-kube-e2e/" + p.namespace
	}
	shared.busy <- struct{}{}
	t.Cleanup(func() { <-shared.busy })
	p.cluster = shared.cluster(t, want)
	p.kubectl("create", "namespace", p.namespace)
	t.Cleanup(p.leave)
	return p
}

// namespaceFor makes a DNS label of a test's name.
func namespaceFor(test string) string {
	label := strings.Map(func(r rune) rune {
		if r == '-' || (r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))) {
			return unicode.ToLower(r)
		}
		return '-'
	}, strings.TrimPrefix(test, "Test"))
	return strings.Trim(fmt.Sprintf("%.60s", label), "-")
}

// idle lets other scenarios work while this one only waits.
func (p place) idle(wait func()) {
	if p.cluster.dir == "" { // its pods take room
		wait()
		return
	}
	<-p.suite.busy
	defer func() { p.suite.busy <- struct{}{} }()
	wait()
}

// step is one sentence of a story: the steps of one place follow each other,
// and the first that is not true ends it.
func (p place) step(sentence string, tell func(place)) {
	p.t.Helper()
	held := p.t.Run(sentence, func(t *testing.T) {
		here := p
		here.t = t
		tell(here)
	})
	if !held {
		p.t.FailNow()
	}
}

// leave stops what still runs here, after saying what can be known of it if
// the scenario failed. The test's own context has ended by now.
func (p place) leave() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), 2*time.Minute)
	defer cancel()
	if p.t.Failed() {
		p.tellAll(ctx)
	}
	// Pods have minutes of grace, and nobody waits for them any more.
	args := [][]string{
		{"delete", "statefulset", "--all", "--cascade=orphan"},
		{"delete", "pods", "--all", "--grace-period=1", "--wait=false"},
	}
	if p.cluster.dir == "" { // somebody else's cluster is left as it was
		args = append(args,
			[]string{"delete", "persistentvolumes", "-l", "crdb-kube.github.io/namespace=" + p.namespace, "--wait=false"},
			[]string{"delete", "namespace", p.namespace})
	}
	for _, one := range args {
		if said, err := p.suite.command(ctx, p.cluster, append(one, "-n", p.namespace)...).CombinedOutput(); err != nil {
			p.t.Errorf("kubectl %s: %v\n%s", strings.Join(one, " "), err, said)
		}
	}
}

// tellAll logs events, pods, their logs, and the ends of localkube's logs that
// may say more.
func (p place) tellAll(ctx context.Context) {
	show := func(args ...string) {
		said, err := p.suite.command(ctx, p.cluster, append(args, "-n", p.namespace)...).CombinedOutput()
		p.t.Logf("$ kubectl %s\n%s%s", strings.Join(args, " "), said, errorText(err))
	}
	show("get", "pods,statefulsets,persistentvolumeclaims,persistentvolumes,leases", "-o", "wide")
	show("get", "events", "--sort-by=.lastTimestamp")
	show("logs", "-l", "app.kubernetes.io/managed-by=crdb-kube", "--all-containers", "--prefix", "--tail=25", "--ignore-errors")
	if p.cluster.dir == "" {
		return
	}
	for _, log := range []string{"control/kube-controller-manager", "control/kube-scheduler", "control/provisioner", "machine-*/machine", "machine-*/kubelet"} {
		paths, err := filepath.Glob(filepath.Join(p.cluster.dir, "logs", log+".log"))
		if err != nil {
			p.t.Error(err)
		}
		for _, path := range paths {
			p.t.Logf("== end of %s\n%s", path, tail(path, 1500))
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// tail is the end of a file, from the beginning of a line.
func tail(path string, bytes int64) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(io.NewSectionReader(file, max(0, info.Size()-bytes), bytes))
	if err != nil {
		return err.Error()
	}
	if _, rest, found := strings.Cut(string(text), "\n"); found && info.Size() > bytes {
		return rest
	}
	return string(text)
}

// kubectl runs one command, which must succeed, and returns what it printed.
func (p place) kubectl(args ...string) string {
	p.t.Helper()
	return p.kubectlWith("", args...)
}

// kubectlWith is kubectl with something on its standard input.
func (p place) kubectlWith(stdin string, args ...string) string {
	p.t.Helper()
	var errors strings.Builder
	cmd := p.suite.command(p.t.Context(), p.cluster, append([]string{"-n", p.namespace}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	cmd.Stderr = &errors
	said, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("kubectl %s: %v\n%s%s", strings.Join(args, " "), err, said, errors.String())
	}
	return string(said)
}

// get reads objects as kubectl shows them.
func get[T any](p place, args ...string) T {
	p.t.Helper()
	var found T
	said := p.kubectl(append(append([]string{"get"}, args...), "-o", "json")...)
	if err := json.Unmarshal([]byte(said), &found); err != nil {
		p.t.Fatalf("kubectl get %s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return found
}

// await looks until lacks says nothing any more, which must come true in time.
func (p place) await(limit time.Duration, lacks func() string) {
	p.t.Helper()
	again := time.NewTicker(200 * time.Millisecond)
	defer again.Stop()
	end := time.After(limit)
	for {
		why := lacks()
		if why == "" {
			return
		}
		select {
		case <-again.C:
		case <-end:
			p.t.Fatalf("after %s still: %s", limit, why)
		}
	}
}
