package client

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/delays"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

var errNoID = errors.New("no node ID specified; use --self to target the node specified with --host")

// membership is a connection for changes of membership.
type membership struct {
	*app
	parsed
	conn *wire.Conn
	ids  []int
}

func (a *app) membership(args []string, more flagSet) (membership, error) {
	p, conn, err := a.open(args, more.with(flagSet{"self": takesBool}))
	m := membership{app: a, parsed: p, conn: conn}
	if err != nil {
		return m, err
	}
	m.ids, err = p.ids()
	if err == nil && p.isTrue("self") {
		var r wire.Results
		err = conn.Call(wire.Request{Op: wire.OpSQL}, wire.Statements{Text: "SELECT crdb_internal.node_id()"}, &r, time.Time{})
		var id int
		if err == nil {
			_, err = fmt.Sscan(*r.Results[0].Rows[0][0], &id)
		}
		m.ids = append(m.ids, id)
	}
	if err == nil && len(m.ids) == 0 {
		err = errNoID
	}
	return m, err
}

// change asks for a membership; empty only looks.
func (m membership) change(to string) ([]wire.NodeRow, error) {
	var rows []wire.NodeRow
	err := m.conn.Call(wire.Request{Op: wire.OpDecommission}, wire.Decommission{IDs: m.ids, To: to}, &rows, time.Time{})
	return rows, err
}

// look prints warnings about nodes that are not what the command expects.
func (m membership) look(warn func(wire.NodeRow) string) error {
	rows, err := m.change("")
	if err != nil {
		return err
	}
	for _, id := range m.ids {
		i := slices.IndexFunc(rows, func(r wire.NodeRow) bool { return r.ID == id })
		if i < 0 {
			fmt.Fprintf(m.Err, "warning: cannot find status of node %d\n", id)
			continue
		}
		if text := warn(rows[i]); text != "" {
			fmt.Fprintln(m.Err, text)
		}
	}
	return nil
}

func (m membership) table(rows []wire.NodeRow) {
	var cells [][]*string
	for _, r := range rows {
		cells = append(cells, texts(r.ID, r.Live, r.GossipedReplicas, r.Decommissioning, r.Membership, r.Draining))
	}
	m.print(m.get("tsv", "format"), strings.Fields("id is_live replicas is_decommissioning membership is_draining"), cells)
}

func (a *app) decommission(args []string) (int, error) {
	flags := flagSet{"wait": takesValue, "timeout": takesValue}
	if a.checks() {
		flags = flags.with(flagSet{"checks": takesValue, "dry-run": takesBool})
	}
	m, err := a.membership(args, flags)
	if m.conn != nil {
		defer m.conn.Close()
	}
	if err != nil {
		return exitError, err
	}
	err = m.look(func(r wire.NodeRow) string {
		if r.Decommissioning {
			return fmt.Sprintf("warning: node %d is already decommissioning or decommissioned", r.ID)
		}
		return ""
	})
	if err != nil {
		return exitError, err
	}
	if a.checks() {
		switch err := m.precheck(); {
		case err != nil:
			return exitError, err
		case m.isTrue("dry-run"):
			return exitOK, nil
		}
	}
	fmt.Fprintln(m.Err)
	rows, err := m.change("decommissioning")
	if err != nil {
		return exitError, err
	}
	m.table(rows)
	if m.get("all", "wait") == "none" {
		return exitOK, nil
	}
	if err := m.follow(rows); err != nil {
		return exitError, err
	}
	if _, err := m.change("decommissioned"); err != nil {
		return exitError, err
	}
	fmt.Fprintln(m.Out, "\nNo more data reported on target nodes. Please verify cluster health before removing the nodes.")
	return exitOK, nil
}

// follow prints a table each time the numbers change and a dot in between,
// until nothing is left. Where the data has nowhere to go, it does not end.
func (m membership) follow(rows []wire.NodeRow) error {
	for {
		left := 0
		for _, r := range rows {
			left += r.GossipedReplicas
		}
		if left == 0 {
			return nil
		}
		<-time.After(delays.DecommissionPoll)
		next, err := m.change("")
		if err != nil {
			return err
		}
		same := slices.EqualFunc(rows, next, func(a, b wire.NodeRow) bool { return a.GossipedReplicas == b.GossipedReplicas })
		if same {
			fmt.Fprint(m.Err, ".")
			continue
		}
		fmt.Fprintln(m.Err)
		m.table(next)
		rows = next
	}
}

func (a *app) recommission(args []string) (int, error) {
	m, err := a.membership(args, flagSet{})
	if m.conn != nil {
		defer m.conn.Close()
	}
	if err != nil {
		return exitError, err
	}
	err = m.look(func(r wire.NodeRow) string {
		if !r.Decommissioning {
			return fmt.Sprintf("warning: node %d is not decommissioned", r.ID)
		}
		return ""
	})
	if err != nil {
		return exitError, err
	}
	rows, err := m.change("active")
	if err != nil {
		return exitError, err
	}
	m.table(rows)
	return exitOK, nil
}
