package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/api"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/control"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/storage"
)

// limit is how long anything may take to get ready. It is generous, since the
// host may be busy; what ends is noticed at once.
const limit = 2 * time.Minute

// startAll starts everything. The machines start beside the control plane and
// wait for it by themselves.
func (u *up) startAll(ctx context.Context) error {
	if err := u.start(control.Etcd); err != nil {
		return err
	}
	if err := u.startMachines(); err != nil {
		return err
	}
	if err := u.await(ctx, "etcd", func(ctx context.Context) error { return etcdReady(ctx, u.state) }); err != nil {
		return err
	}
	if len(u.state.Machines) > 0 {
		if err := u.start(control.Gateway); err != nil {
			return err
		}
	}
	if err := u.start(control.APIServer); err != nil {
		return err
	}
	if err := u.await(ctx, "kube-apiserver", func(ctx context.Context) error { return api.Ready(ctx, u.client) }); err != nil {
		return err
	}
	for _, name := range u.others() {
		if err := u.start(name); err != nil {
			return err
		}
	}
	return api.Furnish(ctx, u.client, u.state)
}

// others are the programs that need the API server.
func (u *up) others() []string {
	names := []string{control.Controllers, control.Scheduler}
	if len(u.state.Machines) > 0 {
		names = append(names, control.CoreDNS)
	}
	if u.state.Simulated > 0 {
		names = append(names, control.Kwok)
	}
	switch u.state.Storage {
	case storage.Immediate, storage.RootOwned:
		names = append(names, control.Provisioner)
	case storage.WaitForConsumer:
		names = append(names, control.LocalPath)
	}
	return names
}

func (u *up) start(name string) error {
	running, err := control.Start(u.state, name)
	if running != nil {
		u.running = append(u.running, running)
	}
	return err
}

func (u *up) startMachines() error {
	if len(u.state.Machines) == 0 {
		return nil
	}
	image, err := machine.PodImage(u.state)
	if err != nil {
		return err
	}
	u.say(fmt.Sprintf("starting %d real machines, each with containerd and kubelet", len(u.state.Machines)))
	for _, m := range u.state.Machines {
		if err := state.WriteFile(machine.Place(u.state, m, "pod.tar"), image, 0o644); err != nil {
			return err
		}
		running, err := machine.Start(u.state, m)
		if running != nil {
			u.running = append(u.running, running)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// awaitAll waits for all that a user of a new cluster counts on.
func (u *up) awaitAll(ctx context.Context) error {
	if err := u.await(ctx, "machines", func(ctx context.Context) error {
		return machinesReady(ctx, u)
	}); err != nil {
		return err
	}
	if err := u.await(ctx, "namespace default", func(ctx context.Context) error {
		return api.NamespaceReady(ctx, u.client)
	}); err != nil {
		return err
	}
	if len(u.state.Machines) == 0 {
		return nil
	}
	return u.await(ctx, "DNS", func(ctx context.Context) error { return dnsReady(ctx, u.state) })
}

// machinesReady is nil when all are Ready.
func machinesReady(ctx context.Context, u *up) error {
	for _, m := range u.state.Machines {
		if fault, err := os.ReadFile(machine.Fault(u.state, m)); err == nil {
			name, _, _ := strings.Cut(string(fault), " ")
			return final{fmt.Errorf("%s: %s%s", m.Name, strings.TrimSpace(string(fault)), logEnd(u.state.Log(m.Name+"/"+name)))}
		}
	}
	not, err := api.Closed(ctx, u.client, u.state)
	if err != nil {
		return err
	}
	if len(not) > 3 {
		return fmt.Errorf("%d are not Ready, %s among them", len(not), not[0])
	}
	if len(not) > 0 {
		return fmt.Errorf("not Ready: %s", strings.Join(not, ", "))
	}
	return nil
}

func etcdReady(ctx context.Context, s *state.State) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/health", s.Ports[control.Etcd]), nil)
	if err != nil {
		return err
	}
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/health: %s", answer.Status)
	}
	return nil
}

// dnsReady is nil when CoreDNS knows the API server's Service.
func dnsReady(ctx context.Context, s *state.State) error {
	address := fmt.Sprintf("%s:%d", s.Network.Gateway(), s.Ports[control.CoreDNS])
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	found, err := resolver.LookupHost(ctx, "kubernetes.default.svc.cluster.local.")
	if err != nil {
		return err
	}
	if found[0] != s.Network.APIService() {
		return fmt.Errorf("kubernetes.default.svc.cluster.local is %s, not %s", found[0], s.Network.APIService())
	}
	return nil
}

// final marks an error that waiting will not cure.
type final struct{ error }

// await waits until check is nil. It says what it waits for, and why; a
// program that ends meanwhile ends the wait.
func (u *up) await(ctx context.Context, what string, check func(context.Context) error) error {
	return await(ctx, u.say, what, u.running, func(name string) string { return logOf(u.state, name) }, check)
}

// logOf is where the log of a recorded process stands.
func logOf(s *state.State, name string) string {
	if _, err := s.Machine(name); err == nil {
		return s.Log(name + "/machine")
	}
	return s.Log("control/" + name)
}

// await is the one place that waits for something to get ready. running are
// processes that must not end meanwhile.
func await(ctx context.Context, say func(string), what string, running []*process.Running, log func(string) string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not ready after %s", limit))
	defer cancel()
	began, told := time.Now(), time.Now()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		attempt, done := context.WithTimeout(ctx, 2*time.Second)
		err := check(attempt)
		done()
		if err == nil {
			say(fmt.Sprintf("%s ready (%.1fs)", what, time.Since(began).Seconds()))
			return nil
		}
		if end, ok := errors.AsType[final](err); ok {
			return end.error
		}
		if ctx.Err() == nil {
			last = err
		}
		for _, r := range running {
			select {
			case <-r.Ended:
				return fmt.Errorf("%s ended: %s%s", r.Name, outcome(r.Err), logEnd(log(r.Name)))
			default:
			}
		}
		if time.Since(told) > 5*time.Second {
			told = time.Now()
			say(fmt.Sprintf("waiting for %s: %v", what, last))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w%s", what, context.Cause(ctx), last, logEnd(log(suspect(what, last))))
		case <-tick.C:
		}
	}
}

// suspect is the process whose log tells most about a wait that came to
// nothing.
func suspect(what string, last error) string {
	switch what {
	case "DNS":
		return control.CoreDNS
	case "namespace default":
		return control.Controllers
	case "machines":
		if last != nil && strings.Contains(last.Error(), "simulated") {
			return control.Kwok
		}
		if _, names, found := strings.Cut(fmt.Sprint(last), "not Ready: "); found {
			first, _, _ := strings.Cut(names, ",")
			return first
		}
		return control.Controllers
	}
	return what
}

func outcome(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// logEnd is the end of a log for an error text, and what it probably means.
func logEnd(path string) string {
	tail := process.Tail(path, 15)
	if len(tail) == 0 {
		return ""
	}
	text := "\nlast lines of " + path + ":\n  " + strings.Join(tail, "\n  ")
	if reason := process.Reason(tail); reason != "" {
		text += "\nlikely: " + reason
	}
	return text
}
