package e2e

import (
	"strings"
	"testing"
	"time"
)

// What doctor finds on each storage set-up, before anything is there and beside
// a cluster that runs, in less than two seconds, and without a trace.

func TestDoctor_onEachStorage(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		setup setup
		words []string
	}{
		"a class that binds at once":      {defaultClass, []string{"✓ storage-class", "binds at once"}},
		"a class that waits for its pods": {waitsForConsumer, []string{"✓ storage-class", "binds when a pod needs it"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := arrive(t, one.setup)
			p.step("before anything is there", func(p place) {
				p.await(3*time.Minute, func() string { // the machines are those of other scenarios, too
					if got := p.crdb(append([]string{"doctor"}, p.small()...)...); strings.Contains(got.stdout, "✗ room") {
						return "there is no room"
					}
					return ""
				})
				p.examined(0, append(one.words, "✓ server", "✓ permissions", "nothing under these names", "! licence"), p.small()...)
			})
			p.step("what does not fit is said with the arithmetic", func(p place) {
				p.examined(1, []string{"✗ room", "machine-1: ", "free"}, "--memory", "4Ti", "--cpu", "100m")
			})
			p.step("beside a cluster that runs", func(p place) {
				p.crdb(p.up(p.small()...)...).ok("ready in")
				p.examined(0, []string{"the cluster exists", "as recorded"})
				p.crdb("doctor", "-o", "json").ok(`"failed": false`)
			})
		})
	}
}

func TestDoctor_whereThereIsNoClass(t *testing.T) {
	p := arrive(t, ownVolumes)
	p.step("it says what to pass", func(p place) { p.examined(1, []string{"✗ storage-class", "--host-path"}) })
	p.step("with that it is content", func(p place) {
		p.examined(0, []string{"volumes of our own under " + p.hostPath}, p.small("--host-path", p.hostPath)...)
	})
}

func TestDoctor_ofSomebodyWhoMayDoNothing(t *testing.T) {
	p := arrive(t, defaultClass)
	p.kubectl("create", "serviceaccount", "nobody")
	got := p.startWith(p.kubeconfigFor("nobody"), "doctor", "--namespace", p.namespace).wait()
	if got.code != 1 || got.took > 2*time.Second {
		p.t.Errorf("exit code %d after %s\n%s", got.code, got.took, got.all())
	}
	for _, words := range []string{"✓ server", "✗ permissions", "statefulsets: get, list, watch, create, patch", "- architecture", "forbidden: list nodes", "crdb-kube rbac"} {
		got.says(got.stdout, words)
	}
}

// examined wants this exit code and these words of doctor, soon, and that
// nothing was written.
func (p place) examined(code int, words []string, args ...string) {
	p.t.Helper()
	before := p.look()
	got := p.crdb(append([]string{"doctor"}, args...)...)
	if got.code != code {
		p.t.Errorf("exit code %d, want %d\n%s", got.code, code, got.all())
	}
	for _, one := range words {
		got.says(got.stdout, one)
	}
	if got.took > 2*time.Second {
		p.t.Errorf("took %s", got.took)
	}
	p.same(before)
	p.unlocked()
}
