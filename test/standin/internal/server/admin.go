package server

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/state"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

func (s *Server) adminCluster() any {
	return struct {
		ClusterID         string `json:"clusterId"`
		ReportingEnabled  bool   `json:"reportingEnabled"`
		EnterpriseEnabled bool   `json:"enterpriseEnabled"`
	}{ClusterID: s.state.Cluster()}
}

type expirationJSON struct {
	WallTime  string `json:"wallTime"`
	Logical   int    `json:"logical"`
	Synthetic any    `json:"synthetic"`
}

type livenessJSON struct {
	NodeID     int            `json:"nodeId"`
	Epoch      string         `json:"epoch"`
	Expiration expirationJSON `json:"expiration"`
	Draining   bool           `json:"draining"`
	Membership int            `json:"membership"`
}

func (s *Server) livenesses() []livenessJSON {
	v := s.view()
	out := []livenessJSON{}
	for _, n := range v.nodes {
		l := v.heard[n.ID]
		if n.Joined.IsZero() {
			continue
		}
		member := map[string]int{state.Active: 0, state.Decommissioning: 1, state.Decommissioned: 2}[n.Membership]
		out = append(out, livenessJSON{
			NodeID: n.ID, Epoch: strconv.Itoa(max(1, l.Epoch)), Draining: n.Draining, Membership: member,
			Expiration: expirationJSON{WallTime: nanos(l.Expiration)},
		})
	}
	return out
}

func nanos(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixNano(), 10)
}

// Statuses of /_admin/v1/liveness. 3 and 4 are recorded; 1, 2 and 5 are the
// real program's enumeration, unrecorded.
const (
	statusDead            = 1
	statusUnavailable     = 2
	statusLive            = 3
	statusDecommissioned  = 4
	statusDecommissioning = 5
)

func (s *Server) statuses() map[string]int {
	v := s.view()
	out := map[string]int{}
	for _, n := range v.nodes {
		if n.Joined.IsZero() {
			continue
		}
		status := statusLive
		switch {
		case n.Membership == state.Decommissioned:
			status = statusDecommissioned
		case v.goneFor(n.ID) > 5*time.Minute:
			status = statusDead
		case !v.isLive(n.ID):
			status = statusUnavailable
		case n.Membership == state.Decommissioning:
			status = statusDecommissioning
		}
		out[strconv.Itoa(n.ID)] = status
	}
	return out
}

func (s *Server) adminLiveness() any {
	return struct {
		Livenesses []livenessJSON `json:"livenesses"`
		Statuses   map[string]int `json:"statuses"`
	}{s.livenesses(), s.statuses()}
}

type addressJSON struct {
	Network string `json:"networkField"`
	Address string `json:"addressField"`
}

type object = map[string]any

// buildInfo is this node's; of another one only the tag differs.
func (s *Server) buildInfo(tag string) object {
	b := s.cfg.Build
	return object{
		"goVersion": b.GoVersion, "tag": tag, "time": b.Time, "revision": "", "cgoCompiler": "", "cgoTargetTriple": b.Platform,
		"platform": b.Platform, "distribution": b.Distribution, "type": "development", "channel": "unknown",
		"envChannel": "unknown", "dependencies": nil,
	}
}

func (s *Server) statusDetails() any {
	a := addressJSON{"tcp", s.cfg.Advertise}
	return object{
		"nodeId": s.id(), "address": a, "buildInfo": s.buildInfo(string(s.cfg.Build.Tag)), "sqlAddress": a,
		"systemInfo": object{"systemInfo": "stand-in", "kernelInfo": ""},
	}
}

func (s *Server) statusStores() any {
	type store struct {
		StoreID          int    `json:"storeId"`
		EncryptionStatus any    `json:"encryptionStatus"`
		TotalFiles       string `json:"totalFiles"`
		TotalBytes       string `json:"totalBytes"`
		ActiveKeyFiles   string `json:"activeKeyFiles"`
		ActiveKeyBytes   string `json:"activeKeyBytes"`
	}
	return map[string][]store{"stores": {{s.id(), nil, "0", "0", "0", "0"}}}
}

// statusNodes is /_status/nodes with the metrics that tools read.
func (s *Server) statusNodes() any {
	nodes := []object{}
	for _, n := range s.nodeRows() {
		a := addressJSON{"tcp", n.Addr}
		desc := object{
			"nodeId": n.ID, "address": a, "attrs": object{"attrs": []string{}}, "locality": object{"tiers": []string{}},
			"ServerVersion": serverVersion(n), "buildTag": n.Build, "startedAt": nanos(n.Started), "localityAddress": []string{}, "clusterName": "", "sqlAddress": a,
		}
		nodes = append(nodes, object{
			"desc": desc, "buildInfo": s.buildInfo(n.Build), "startedAt": nanos(n.Started), "updatedAt": nanos(n.Updated),
			"metrics": object{"liveness.livenodes": s.view().liveNodes(), "sys.uptime": int(time.Since(n.Started).Seconds())},
			"storeStatuses": []object{{
				"desc": object{
					"storeId": n.ID, "attrs": object{"attrs": []string{}}, "node": desc,
					"capacity": object{
						"capacity": strconv.FormatInt(n.Stats.Capacity, 10), "available": strconv.FormatInt(n.Stats.Available, 10),
						"used": strconv.FormatInt(n.Stats.Used, 10), "logicalBytes": strconv.FormatInt(n.Stats.LiveBytes, 10),
						"rangeCount": n.Stats.Ranges, "leaseCount": n.Stats.Leaseholders,
					},
				},
				"metrics": storeMetrics(n.Stats),
			}},
			"args": os.Args, "env": []string{}, "latencies": object{}, "activity": object{},
			"totalSystemMemory": "0", "numCpus": numCPU(),
		})
	}
	byID := object{}
	for _, l := range s.livenesses() {
		byID[strconv.Itoa(l.NodeID)] = s.statuses()[strconv.Itoa(l.NodeID)]
	}
	return object{"nodes": nodes, "livenessByNodeId": byID}
}

// serverVersion is the series of a node's binary, in numbers.
func serverVersion(n wire.NodeRow) object {
	var major, minor int
	_, _ = fmt.Sscanf(release.Release(n.Build).Series(), "%d.%d", &major, &minor)
	return object{"majorVal": major, "minorVal": minor, "patch": 0, "internal": 0}
}

func storeMetrics(n wire.NodeStats) object {
	return object{
		"capacity": n.Capacity, "capacity.available": n.Available, "capacity.used": n.Used, "ranges": n.Leaders, "replicas": n.Ranges,
		"ranges.unavailable": n.Unavailable, "ranges.underreplicated": n.UnderReplicated, "ranges.overreplicated": 0,
		"replicas.leaders": n.Leaders, "replicas.leaseholders": n.Leaseholders, "replicas.quiescent": n.Ranges,
	}
}
