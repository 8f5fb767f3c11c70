package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/api"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// ErrNotWell is returned by Status for a cluster that is not as it should be,
// after it has said what is wrong.
var ErrNotWell = errors.New("not all is up")

// Status says what of a cluster runs. The error is ErrNotWell if something
// does not, state.ErrNone if there is no cluster.
func Status(ctx context.Context, dir string, out io.Writer) error {
	s, err := state.Load(dir)
	if err != nil {
		return err
	}
	well := s.Ready
	if !s.Ready {
		fmt.Fprintln(out, "`localkube up` has not come to its end here")
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROCESS\tSTATE\tPID\tLOG")
	for _, p := range s.Processes {
		word := "runs"
		if !p.Alive() {
			well, word = false, "stopped"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", p.Name, word, p.PID, logOf(s, p.Name))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	line, ready := machinesLine(ctx, s)
	fmt.Fprintln(out, line)
	fmt.Fprintln(out, "kubeconfig:", s.Kubeconfig())
	if !well || !ready {
		return ErrNotWell
	}
	return nil
}

// machinesLine says how many machines are Ready.
func machinesLine(ctx context.Context, s *state.State) (line string, ready bool) {
	all := len(s.Machines) + s.Simulated
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	client, err := api.Connect(s.Kubeconfig())
	if err != nil {
		return "machines: " + err.Error(), false
	}
	not, err := api.NotReady(ctx, client, s)
	if err != nil {
		return "machines: unknown: API server: " + err.Error(), false
	}
	line = fmt.Sprintf("machines: %d of %d Ready (%s)", all-len(not), all, describe(s))
	if len(not) > 0 {
		line += "; not: " + strings.Join(not, ", ")
	}
	return line, len(not) == 0
}
