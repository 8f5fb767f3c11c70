package server

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/minisql"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// nodeRows are the rows of node status, removed nodes included.
func (s *Server) nodeRows() []wire.NodeRow {
	v := s.view()
	var out []wire.NodeRow
	for _, n := range v.nodes {
		l := v.heard[n.ID]
		if n.Joined.IsZero() {
			continue
		}
		out = append(out, wire.NodeRow{
			ID: n.ID, Addr: n.Addr, Build: string(n.Release), Started: n.Started, Updated: l.Published.At, Locality: n.Locality,
			Available: v.isAvailable(n.ID), Live: v.isLive(n.ID) && n.Membership != state.Decommissioned,
			Stats: l.Published, GossipedReplicas: s.replicasOf(v, n.ID),
			Decommissioning: n.Membership != state.Active, Membership: n.Membership, Draining: n.Draining && n.Membership != state.Decommissioned,
		})
		if r := &out[len(out)-1]; n.Membership == state.Decommissioned {
			r.Available = false
		}
	}
	return out
}

// replicasOf is numbers for another node than this one.
func (s *Server) replicasOf(v view, id int) int {
	total := systemRanges
	s.state.Read(func(db *minisql.DB) { total += db.Tables() })
	v.self = id
	return s.replicas(v, total)
}

func (s *Server) decommission(ctx context.Context, q wire.Decommission) (any, error) {
	if err := s.current(ctx); err != nil { // who belongs to the cluster is in a table
		return nil, err
	}
	if q.To != "" {
		change := state.Membership{IDs: q.IDs, To: q.To, At: time.Now()}
		result, err := s.agree.Propose(ctx, entry(state.KindMembership, change))
		if err != nil {
			return nil, err
		}
		if e, ok := result.(*wire.Error); ok {
			return nil, e
		}
	}
	rows := slices.DeleteFunc(s.nodeRows(), func(r wire.NodeRow) bool { return !slices.Contains(q.IDs, r.ID) })
	if q.Check {
		why := s.blocked(q.IDs)
		for i := range rows {
			if rows[i].Membership == state.Active {
				rows[i].Blocked = why
			}
		}
	}
	return rows, nil
}

// blocked says why the replicas of some nodes could not go elsewhere, in the
// documented words.
func (s *Server) blocked(leaving []int) string {
	takers := 0
	for _, n := range s.view().takers() {
		if !slices.Contains(leaving, n.ID) {
			takers++
		}
	}
	if takers >= s.state.Replication() {
		return ""
	}
	return fmt.Sprintf("0 of %[1]d live stores are able to take a new replica for the range "+
		"(%[1]d already have a voter, 0 already have a non-voter); likely not enough nodes in cluster", takers)
}

// tables are those that SQL knows as crdb_internal.
func (s *Server) tables() map[string]func() minisql.Rows {
	return map[string]func() minisql.Rows{
		"crdb_internal.gossip_nodes":    s.gossipNodes,
		"crdb_internal.gossip_liveness": s.gossipLiveness,
		"crdb_internal.kv_store_status": s.storeStatus,
	}
}

func (s *Server) gossipNodes() minisql.Rows {
	r := minisql.Rows{Columns: strings.Split("node_id,network,address,advertise_address,sql_network,sql_address,advertise_sql_address,"+
		"attrs,locality,cluster_name,server_version,build_tag,started_at,is_live,ranges,leases", ",")}
	for _, n := range s.nodeRows() {
		if n.Membership != state.Decommissioned {
			r.Rows = append(r.Rows, []any{
				int64(n.ID), "tcp", n.Addr, n.Addr, "tcp", n.Addr, n.Addr, "[]", n.Locality, "",
				release.Release(n.Build).Series(), n.Build, sqlTime(n.Started), n.Live, int64(n.Stats.Ranges), int64(n.Stats.Leaseholders),
			})
		}
	}
	return r
}

func (s *Server) gossipLiveness() minisql.Rows {
	r := minisql.Rows{Columns: strings.Split("node_id,epoch,expiration,draining,decommissioning,membership,updated_at", ",")}
	v := s.view()
	for _, n := range s.nodeRows() {
		l := v.heard[n.ID]
		expiration := fmt.Sprintf("%d.%09d,0", l.Expiration.Unix(), l.Expiration.Nanosecond())
		r.Rows = append(r.Rows, []any{int64(n.ID), int64(l.Epoch), expiration, n.Draining, n.Decommissioning, n.Membership, sqlTime(n.Updated)})
	}
	return r
}

func (s *Server) storeStatus() minisql.Rows {
	r := minisql.Rows{Columns: strings.Split("node_id,store_id,attrs,capacity,available,used,logical_bytes,range_count,lease_count,"+
		"writes_per_second,bytes_per_replica,writes_per_replica,metrics", ",")}
	for _, n := range s.nodeRows() {
		st := n.Stats
		metrics := fmt.Sprintf(`{"ranges": %d, "ranges.unavailable": %d, "ranges.underreplicated": %d, "replicas": %d}`,
			st.Leaseholders, st.Unavailable, st.UnderReplicated, st.Ranges)
		r.Rows = append(r.Rows, []any{
			int64(n.ID), int64(n.ID), "[]", st.Capacity, st.Available, st.Used, st.LiveBytes,
			int64(st.Ranges), int64(st.Leaseholders), 0.0, "{}", "{}", metrics,
		})
	}
	return r
}

// sqlTime is how SQL prints a timestamp: UTC, no zone, no trailing zeros.
func sqlTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.999999") }
