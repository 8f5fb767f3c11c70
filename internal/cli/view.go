package cli

import (
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// statusSchema is raised when a field of statusView goes or changes its sense.
const statusSchema = 1

// statusView is what `status -o json` and `-o yaml` print. Fields are only
// ever added to it under one schema version.
type statusView struct {
	SchemaVersion int        `json:"schemaVersion"`
	Name          string     `json:"name"`
	Namespace     string     `json:"namespace"`
	Condition     string     `json:"condition"`
	Problems      []string   `json:"problems,omitempty"`
	Next          string     `json:"next,omitempty"`
	ClusterID     string     `json:"clusterID,omitempty"`
	Image         string     `json:"image,omitempty"`
	Security      string     `json:"security"`
	Nodes         int        `json:"nodes"`
	LiveNodes     *int64     `json:"liveNodes,omitempty"`
	Ranges        rangesView `json:"ranges"`
	Warnings      []string   `json:"warnings,omitempty"`
	CertsExpire   *time.Time `json:"certificatesExpire,omitempty"`
	ThrottledFrom *time.Time `json:"throttledFrom,omitempty"`
	Pods          []podView  `json:"pods,omitempty"`
}

// rangesView counts ranges; what is unknown is left out, never 0.
type rangesView struct {
	Unavailable     *int64 `json:"unavailable,omitempty"`
	UnderReplicated *int64 `json:"underReplicated,omitempty"`
}

type podView struct {
	Name      string     `json:"name"`
	Phase     string     `json:"phase"`
	Detail    string     `json:"detail,omitempty"`
	Cause     string     `json:"cause,omitempty"`
	Ready     bool       `json:"ready"`
	Restarts  int32      `json:"restarts"`
	Node      string     `json:"node,omitempty"`
	NodeID    *int64     `json:"nodeID,omitempty"`
	Version   string     `json:"version,omitempty"`
	UsedBytes *int64     `json:"usedBytes,omitempty"`
	Claim     *claimView `json:"claim,omitempty"`
	Created   *time.Time `json:"created,omitempty"`
}

type claimView struct {
	Name     string     `json:"name"`
	Size     string     `json:"size"`
	Phase    string     `json:"phase"`
	Deleting *time.Time `json:"deletingSince,omitempty"`
}

func viewOf(s deploy.Status) statusView {
	view := statusView{
		SchemaVersion: statusSchema,
		Name:          s.Cluster.Name,
		Namespace:     s.Cluster.Namespace,
		Condition:     string(s.Condition),
		Problems:      s.Problems,
		Next:          s.Next,
		ClusterID:     s.Cluster.ClusterID,
		Image:         s.Cluster.Image,
		Security:      string(s.Cluster.Security),
		Nodes:         s.Cluster.Nodes,
		LiveNodes:     known(s.Live),
		Ranges:        rangesView{known(s.Unavailable), known(s.UnderReplicated)},
		Warnings:      s.Warnings,
		CertsExpire:   moment(s.Expires),
		ThrottledFrom: moment(s.ThrottledFrom),
	}
	for _, pod := range s.Pods {
		view.Pods = append(view.Pods, viewOfPod(pod))
	}
	return view
}

func viewOfPod(pod deploy.PodStatus) podView {
	view := podView{
		Name:      pod.Name,
		Phase:     string(pod.Phase),
		Detail:    pod.Detail,
		Ready:     pod.Phase == deploy.Ready,
		Restarts:  pod.Restarts,
		Node:      pod.Node,
		NodeID:    known(pod.NodeID),
		Version:   pod.Version,
		UsedBytes: known(pod.Used),
		Created:   moment(pod.Created),
	}
	if pod.Cause != nil {
		view.Cause = pod.Cause.ID
	}
	if pod.Claim != nil {
		view.Claim = &claimView{pod.Claim.Name, pod.Claim.Size, pod.Claim.Phase, moment(pod.Claim.Deleting)}
	}
	return view
}

func known(n cockroach.Count) *int64 {
	if !n.Known {
		return nil
	}
	return &n.Value
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
