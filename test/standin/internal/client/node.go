package client

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// open parses the flags of a node command and connects.
func (a *app) open(args []string, more flagSet) (parsed, *wire.Conn, error) {
	p, err := connectionFlags().with(more).parse(args)
	if err != nil {
		return p, nil, err
	}
	if err := checkFormat(p.get("tsv", "format")); err != nil {
		return p, nil, err
	}
	t, err := p.connection()
	if err != nil {
		return p, nil, err
	}
	conn, err := a.session(t)
	return p, conn, err
}

// ids are the node IDs among the arguments.
func (p parsed) ids() ([]int, error) {
	var out []int
	for _, arg := range p.args {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return nil, fmt.Errorf("unable to parse %s: %w", arg, err)
		}
		out = append(out, n)
	}
	return out, nil
}

const noSuchNode = "node %d doesn't exist"

func (a *app) nodeStatus(args []string) (int, error) {
	p, conn, err := a.open(args, flagSet{
		"ranges": takesBool, "stats": takesBool, "decommission": takesBool, "all": takesBool, "timeout": takesValue,
	})
	if err != nil {
		return exitError, err
	}
	defer conn.Close()
	ids, err := p.ids()
	if err != nil {
		return exitError, err
	}
	all := p.isTrue("all")
	show := columnsShown{
		ranges: all || p.isTrue("ranges"), stats: all || p.isTrue("stats"), decommission: all || p.isTrue("decommission"),
	}
	var rows []wire.NodeRow
	query := wire.NodesQuery{Stats: show.ranges || show.stats}
	if err := conn.Call(wire.Request{Op: wire.OpNodes}, query, &rows, time.Time{}); err != nil {
		return exitError, err
	}
	rows = slices.DeleteFunc(rows, func(r wire.NodeRow) bool {
		return r.Membership == "decommissioned" && !show.decommission || len(ids) > 0 && !slices.Contains(ids, r.ID)
	})
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(r wire.NodeRow) bool { return r.ID == id }) {
			return exitError, fmt.Errorf(noSuchNode, id)
		}
	}
	var cells [][]*string
	for _, r := range rows {
		cells = append(cells, show.row(r))
	}
	a.print(p.get("tsv", "format"), show.header(), cells)
	return exitOK, nil
}

// columnsShown are the groups of columns of node status.
type columnsShown struct{ ranges, stats, decommission bool }

func (c columnsShown) header() []string {
	h := "id address sql_address build started_at updated_at locality is_available is_live"
	if c.ranges {
		h += " replicas_leaders replicas_leaseholders ranges ranges_unavailable ranges_underreplicated"
	}
	if c.stats {
		h += " live_bytes key_bytes value_bytes intent_bytes system_bytes"
	}
	if c.decommission {
		h += " gossiped_replicas is_decommissioning membership is_draining"
	}
	return strings.Fields(h)
}

func (c columnsShown) row(r wire.NodeRow) []*string {
	out := texts(r.ID, r.Addr, r.Addr, r.Build, sqlTime(r.Started), sqlTime(r.Updated), r.Locality, r.Available, r.Live)
	s := r.Stats
	if c.ranges {
		out = append(out, orNull(r, s.Leaders, s.Leaseholders, s.Ranges, s.Unavailable, s.UnderReplicated)...)
	}
	if c.stats {
		out = append(out, orNull(r, s.LiveBytes, s.LiveBytes/14, s.LiveBytes-s.LiveBytes/14, 0, 14307)...)
	}
	if c.decommission {
		out = append(out, texts(r.GossipedReplicas, r.Decommissioning, r.Membership, r.Draining)...)
	}
	return out
}

// orNull: a removed node has no numbers.
func orNull(r wire.NodeRow, values ...any) []*string {
	if r.Membership == "decommissioned" {
		return make([]*string, len(values))
	}
	return texts(values...)
}

func texts(values ...any) []*string {
	var out []*string
	for _, v := range values {
		s := fmt.Sprint(v)
		out = append(out, &s)
	}
	return out
}

// sqlTime is UTC without a zone and without trailing zeros.
func sqlTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") }

func (a *app) nodeLs(args []string) (int, error) {
	p, conn, err := a.open(args, flagSet{"timeout": takesValue})
	if err != nil {
		return exitError, err
	}
	defer conn.Close()
	var rows []wire.NodeRow
	if err := conn.Call(wire.Request{Op: wire.OpNodes}, wire.NodesQuery{}, &rows, time.Time{}); err != nil {
		return exitError, err
	}
	var cells [][]*string
	for _, r := range rows {
		if r.Membership != "decommissioned" {
			cells = append(cells, texts(r.ID))
		}
	}
	a.print(p.get("tsv", "format"), []string{"id"}, cells)
	return exitOK, nil
}

// nodeDrain drains the node that --host names; v21.1 takes no ID.
func (a *app) nodeDrain(args []string) (int, error) {
	p, err := connectionFlags().with(flagSet{"drain-wait": takesValue}).parse(args)
	if err != nil {
		return exitUsage, err
	}
	t, err := p.connection()
	if err != nil {
		return exitUsage, err
	}
	config, _, err := t.tlsConfig()
	if err != nil {
		return exitError, fmt.Errorf("%s%w", loadCertificates, err)
	}
	conn, err := t.dial(config, time.Now().Add(15*time.Second))
	if err != nil {
		return exitError, sessionError(err)
	}
	defer conn.Close()
	var d wire.Drained
	if err := conn.Call(wire.Request{Op: wire.OpDrain}, nil, &d, time.Time{}); err != nil {
		return exitError, err
	}
	if d.Remaining > 0 {
		fmt.Fprintf(a.Err, "node is draining... remaining: %d\n", d.Remaining)
	}
	fmt.Fprintln(a.Err, "node is draining... remaining: 0 (complete)")
	fmt.Fprintln(a.Out, "ok")
	return exitOK, nil
}
