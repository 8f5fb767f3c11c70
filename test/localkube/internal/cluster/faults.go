package cluster

import (
	"context"
	"fmt"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/api"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/control"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/machine"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// change runs a change of a running cluster under its lock.
func change(ctx context.Context, dir string, progress io.Writer, do func(*state.State) error) error {
	if _, err := state.Load(dir); err != nil {
		return err
	}
	unlock, err := lock(ctx, dir, progress)
	if err != nil {
		return err
	}
	defer unlock()
	s, err := state.Load(dir) // again: it may have changed while this waited
	if err != nil {
		return err
	}
	return do(s)
}

// StopMachine cuts the power of a real machine. Kubernetes notices after
// machine.LeaseSeconds.
func StopMachine(ctx context.Context, dir, name string, progress io.Writer) error {
	return change(ctx, dir, progress, func(s *state.State) error {
		m, err := s.Machine(name)
		if err != nil {
			return err
		}
		if ref, known := s.Process(name); known && !ref.Alive() {
			fmt.Fprintf(progress, "%s: stopped already\n", name)
			return nil
		}
		if err := machine.Stop(ctx, s, m); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: stopped as by a power cut; Kubernetes notices after some %d s\n", name, machine.LeaseSeconds)
		return nil
	})
}

// StartMachine starts a stopped machine, with what is on its disk, and waits
// until it is Ready.
func StartMachine(ctx context.Context, dir, name string, progress io.Writer) error {
	return change(ctx, dir, progress, func(s *state.State) error {
		m, err := s.Machine(name)
		if err != nil {
			return err
		}
		if ref, known := s.Process(name); known && ref.Alive() {
			fmt.Fprintf(progress, "%s: runs already\n", name)
			return nil
		}
		client, err := api.Connect(s.Kubeconfig())
		if err != nil {
			return err
		}
		if err := machine.Stop(ctx, s, m); err != nil { // what it left when it was killed
			return err
		}
		began := time.Now()
		running, err := machine.Start(s, m)
		if err != nil {
			return err
		}
		return awaitOne(ctx, s, running, progress, func(ctx context.Context) error {
			return backSince(ctx, client, name, began)
		})
	})
}

// backSince is nil when the machine is Ready and has renewed its lease since.
func backSince(ctx context.Context, client kubernetes.Interface, name string, since time.Time) error {
	lease, err := client.CoordinationV1().Leases("kube-node-lease").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if lease.Spec.RenewTime == nil || lease.Spec.RenewTime.Time.Before(since) {
		return fmt.Errorf("its kubelet has not spoken to the API server yet")
	}
	not, err := api.Closed(ctx, client, &state.State{Machines: []state.Machine{{Name: name}}})
	if err == nil && len(not) > 0 {
		err = fmt.Errorf("not Ready")
	}
	return err
}

// grace is how long a stopped server may take to end by itself. The API server
// would wait much longer for open watches.
const grace = time.Second

// StopServer stops the API server or etcd.
func StopServer(ctx context.Context, dir, name string, progress io.Writer) error {
	return change(ctx, dir, progress, func(s *state.State) error {
		ref, known := s.Process(name)
		if !known || !ref.Alive() {
			fmt.Fprintf(progress, "%s: stopped already\n", name)
			return nil
		}
		if err := process.End(ctx, []process.Ref{ref}, grace); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s: stopped\n", name)
		return nil
	})
}

// StartServer starts the stopped API server or etcd and waits until it serves.
func StartServer(ctx context.Context, dir, name string, progress io.Writer) error {
	return change(ctx, dir, progress, func(s *state.State) error {
		if ref, known := s.Process(name); known && ref.Alive() {
			fmt.Fprintf(progress, "%s: runs already\n", name)
			return nil
		}
		client, err := api.Connect(s.Kubeconfig())
		if err != nil {
			return err
		}
		running, err := control.Start(s, name)
		if err != nil {
			return err
		}
		return awaitOne(ctx, s, running, progress, func(ctx context.Context) error {
			if name == control.Etcd {
				return etcdReady(ctx, s)
			}
			return api.Ready(ctx, client)
		})
	})
}

// awaitOne waits for one process that was started again.
func awaitOne(ctx context.Context, s *state.State, running *process.Running, progress io.Writer, check func(context.Context) error) error {
	say := func(line string) { fmt.Fprintln(progress, line) }
	log := func(name string) string { return logOf(s, name) }
	return await(ctx, say, running.Name, []*process.Running{running}, log, check)
}
