package cockroach

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Membership is whether a CockroachDB node belongs to the cluster.
type Membership string

const (
	// MemberActive: it belongs to it.
	MemberActive Membership = "active"
	// MemberDecommissioning: its replicas go to the others. It can be called back.
	MemberDecommissioning Membership = "decommissioning"
	// MemberDecommissioned: it never belongs to it again, nor does its store.
	MemberDecommissioned Membership = "decommissioned"
)

// Member is one CockroachDB node as the others know it.
type Member struct {
	// ID is its number, given out in the order of joining.
	ID int
	// Host is where it is reached; empty where that is not known, as newer
	// releases have it for a node that is dead.
	Host string
	// Build is the release that it ran when it was heard of last.
	Build string
	// Live: the others hear of it.
	Live       bool
	Membership Membership
	// Replicas is how many copies of ranges it holds.
	Replicas Count
}

// MembersCommand asks for all CockroachDB nodes, those that were
// decommissioned among them; ParseMembers reads the answer. The table is the
// same since v21.1, with columns in between.
func (c Cluster) MembersCommand() []string {
	return c.nodeCommand("status", "--decommission", "--format=csv")
}

// DecommissionCommand marks CockroachDB nodes as leaving: their replicas begin
// to go. It does not wait for that.
func (c Cluster) DecommissionCommand(ids []int) []string {
	return c.nodeCommand("decommission", append(numbers(ids), "--wait=none")...)
}

// DismissCommand ends what DecommissionCommand began, once no replicas are
// left: there is no way back from it. With replicas left it waits for ever, so
// the caller sets a deadline.
func (c Cluster) DismissCommand(ids []int) []string {
	return c.nodeCommand("decommission", append(numbers(ids), "--wait=all")...)
}

// RecommissionCommand calls CockroachDB nodes back that are leaving.
func (c Cluster) RecommissionCommand(ids []int) []string {
	return c.nodeCommand("recommission", numbers(ids)...)
}

func (c Cluster) nodeCommand(what string, args ...string) []string {
	command := append([]string{program, "node", what, "--host=localhost"}, c.Security.flags()...)
	return append(command, args...)
}

func numbers(ids []int) []string {
	var all []string
	for _, id := range ids {
		all = append(all, strconv.Itoa(id))
	}
	return all
}

// HostOf is the name by which the pod with this ordinal is known to the other
// CockroachDB nodes.
func (c Cluster) HostOf(ordinal int) string {
	return strings.Join([]string{c.PodName(ordinal), c.HeadlessService(), c.Namespace}, ".")
}

// ParseMembers reads the CSV that MembersCommand gave.
func ParseMembers(csv string) ([]Member, error) {
	rows, err := records(csv)
	if err != nil || len(rows) == 0 {
		return nil, errors.New("CockroachDB nodes: the database's answer is no table")
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	id, address, build, live := at("id"), at("address"), at("build"), at("is_live")
	membership, replicas := at("membership"), at("gossiped_replicas")
	if min(id, address, build, live, membership, replicas) < 0 {
		return nil, errors.New("CockroachDB nodes: a column is missing in the database's answer")
	}
	var all []Member
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			return nil, errors.New("CockroachDB nodes: a row of the database's answer is cut off")
		}
		n, err := strconv.Atoi(row[id])
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("CockroachDB nodes: %q is no ID", row[id])
		}
		one := Member{ID: n, Host: hostIn(row[address]), Build: row[build], Live: row[live] == "true", Membership: Membership(row[membership])}
		if count, err := strconv.ParseInt(row[replicas], 10, 64); err == nil {
			one.Replicas = Count{Value: count, Known: true}
		}
		switch one.Membership {
		case MemberActive, MemberDecommissioning, MemberDecommissioned:
		default:
			return nil, fmt.Errorf("CockroachDB node %d: %q is no membership", n, row[membership])
		}
		all = append(all, one)
	}
	return all, nil
}

// hostIn is the host of an address; empty for NULL.
func hostIn(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	return host
}
