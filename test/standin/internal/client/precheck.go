package client

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

var errBlocked = errors.New("Cannot decommission nodes.") //nolint:revive,staticcheck // as documented

// checks says whether the release looks before it decommissions. All of this
// file is unrecorded; the words are those of the documentation.
func (a *app) checks() bool { return a.build.Tag.From("23.1") }

// precheck prints whether the nodes can be decommissioned, where that was
// asked or stands against it.
func (m membership) precheck() error {
	if m.get("enabled", "checks") == "skip" {
		return nil
	}
	var rows []wire.NodeRow
	question := wire.Decommission{IDs: m.ids, Check: true}
	if err := m.conn.Call(wire.Request{Op: wire.OpDecommission}, question, &rows, time.Time{}); err != nil {
		return err
	}
	blocked := slices.ContainsFunc(rows, func(r wire.NodeRow) bool { return r.Blocked != "" })
	if blocked || m.isTrue("dry-run") {
		m.readiness(rows)
	}
	if !blocked {
		return nil
	}
	fmt.Fprintln(m.Err, "\nranges blocking decommission detected")
	for _, r := range rows {
		if r.Blocked != "" {
			fmt.Fprintf(m.Err, "n%d has %d replicas blocked with error: %q\n", r.ID, r.GossipedReplicas, r.Blocked)
		}
	}
	fmt.Fprintln(m.Err)
	return errBlocked
}

func (m membership) readiness(rows []wire.NodeRow) {
	var cells [][]*string
	for _, r := range rows {
		ready, count := "ready", 0
		switch {
		case r.Membership == "decommissioned":
			ready = "already decommissioned"
		case r.Blocked != "":
			ready, count = "allocation errors", r.GossipedReplicas
		}
		cells = append(cells, texts(r.ID, r.Live, r.GossipedReplicas, r.Decommissioning, r.Membership, r.Draining, ready, count))
	}
	header := strings.Fields("id is_live replicas is_decommissioning membership is_draining readiness blocking_ranges")
	m.print(m.get("tsv", "format"), header, cells)
}
