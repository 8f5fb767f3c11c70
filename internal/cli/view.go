package cli

import (
	"math"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// statusSchema is raised when a field of statusView goes or changes its sense.
const statusSchema = 1

// statusView is what `status -o json` and `-o yaml` print. Fields are only
// ever added to it under one schema version.
type statusView struct {
	SchemaVersion int                `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Name          string             `json:"name" jsonschema:"the database cluster's name"`
	Namespace     string             `json:"namespace" jsonschema:"the namespace that it is in"`
	Condition     deploy.Condition   `json:"condition" jsonschema:"how it does as a whole"`
	Problems      []string           `json:"problems,omitempty" jsonschema:"what is wrong, a line each, for people: the words change"`
	Next          string             `json:"next,omitempty" jsonschema:"what to do next; absent: nothing has to be done"`
	Causes        []causeView        `json:"causes,omitempty" jsonschema:"what is behind the problems, where it is known"`
	ClusterID     string             `json:"clusterID,omitempty" jsonschema:"the ID that the database gave itself; absent: not initialised"`
	Image         string             `json:"image,omitempty" jsonschema:"image of the database"`
	Security      cockroach.Security `json:"security" jsonschema:"what the cluster was made as"`
	Nodes         int                `json:"nodes" jsonschema:"how many CockroachDB nodes it has"`
	LiveNodes     *int64             `json:"liveNodes,omitempty" jsonschema:"how many of them live; absent: not known"`
	Ranges        rangesView         `json:"ranges" jsonschema:"counts of ranges; absent: not known, never 0"`
	Warnings      []string           `json:"warnings,omitempty" jsonschema:"what will be wrong later, a line each, for people"`
	CertsExpire   *time.Time         `json:"certificatesExpire,omitempty" jsonschema:"when the first certificate ends"`
	CertsDays     *daysView          `json:"certificateDaysLeft,omitempty" jsonschema:"whole days that certificates are still good; absent: no TLS, or not known"`
	Licence       *licenceView       `json:"licence,omitempty" jsonschema:"absent: not known, or no licence is needed"`
	ThrottledFrom *time.Time         `json:"throttledFrom,omitempty" jsonschema:"when the database begins to throttle for want of a licence"`
	Pods          []podView          `json:"pods,omitempty" jsonschema:"those that there are; absent: none"`
	Seen          *time.Time         `json:"seen,omitempty" jsonschema:"when this was seen"`
}

// rangesView counts ranges; what is unknown is left out, never 0.
type rangesView struct {
	Unavailable     *int64 `json:"unavailable,omitempty" jsonschema:"ranges without a quorum"`
	UnderReplicated *int64 `json:"underReplicated,omitempty" jsonschema:"ranges with fewer replicas than they should have"`
}

// daysView is how many whole days certificates are still good; below 0 they
// have ended.
type daysView struct {
	CA   *int64 `json:"ca,omitempty" jsonschema:"of the CA; below 0: it has ended"`
	Node *int64 `json:"node,omitempty" jsonschema:"of the node certificates; below 0: one has ended"`
}

// licenceView has no days where the state is "none".
type licenceView struct {
	State    string `json:"state" jsonschema:"what there is"`
	DaysLeft *int64 `json:"daysLeft,omitempty" jsonschema:"whole days until it ends"`
}

type podView struct {
	Name     string         `json:"name" jsonschema:"the database cluster's name"`
	Phase    diagnose.Phase `json:"phase" jsonschema:"how far it is"`
	Detail   string         `json:"detail,omitempty" jsonschema:"more of the phase, such as the image that is pulled"`
	Cause    string         `json:"cause,omitempty" jsonschema:"why it is stuck: an ID in capitals such as IMAGE_NOT_FOUND"`
	Ready    bool           `json:"ready" jsonschema:"whether it serves"`
	Restarts int32          `json:"restarts" jsonschema:"how often its container was started again"`
	Node     string         `json:"node,omitempty" jsonschema:"the Kubernetes node that it runs on"`
	NodeID   *int64         `json:"nodeID,omitempty" jsonschema:"its ID among the CockroachDB nodes; absent: not known"`
	Version  string         `json:"version,omitempty" jsonschema:"version of the database that runs in it"`
	measuresView
	Claim   *claimView `json:"claim,omitempty" jsonschema:"the claim that holds its data"`
	Created *time.Time `json:"created,omitempty" jsonschema:"when the pod was made"`
}

// measuresView is what changes by itself all the time.
type measuresView struct {
	UsedBytes *int64 `json:"usedBytes,omitempty" jsonschema:"how much of its claim the database uses; absent: not known"`
	// Replicas are copies of ranges kept here; RangesLed are ranges that this
	// CockroachDB node answers for: their sum over all nodes is the number of
	// ranges.
	Replicas  *int64 `json:"replicas,omitempty" jsonschema:"copies of ranges kept here"`
	RangesLed *int64 `json:"rangesLed,omitempty" jsonschema:"ranges that this CockroachDB node answers for; their sum over all nodes is the number of ranges"`
	// CapacityBytes and AvailableBytes are of the whole file system.
	CapacityBytes  *int64   `json:"capacityBytes,omitempty" jsonschema:"size of the whole file system"`
	AvailableBytes *int64   `json:"availableBytes,omitempty" jsonschema:"what is free of it"`
	FullPercent    *int64   `json:"fullPercent,omitempty" jsonschema:"how full the file system is"`
	ClockOffsetMs  *float64 `json:"clockOffsetMs,omitempty" jsonschema:"how far its clock is from the others, in milliseconds"`
}

// causeView is a cause and the pods that have it; none: the whole cluster.
type causeView struct {
	ID       string         `json:"id" jsonschema:"stable, in capitals such as IMAGE_NOT_FOUND"`
	Class    progress.Class `json:"class" jsonschema:"who can end it"`
	Sentence string         `json:"sentence" jsonschema:"what is wrong, in one line"`
	Evidence []evidenceView `json:"evidence,omitempty" jsonschema:"what it was concluded from, the most telling first"`
	Next     string         `json:"next,omitempty" jsonschema:"what to do about it"`
	Pods     []string       `json:"pods,omitempty" jsonschema:"those that have it; absent: it is about the whole cluster"`
}

type evidenceView struct {
	Text       string  `json:"text" jsonschema:"what was seen, in the words of whoever said it"`
	Where      string  `json:"where,omitempty" jsonschema:"where it was seen"`
	AgeSeconds float64 `json:"ageSeconds,omitempty" jsonschema:"how long ago; absent: not known"`
}

type claimView struct {
	Name     string     `json:"name" jsonschema:"the claim's name"`
	Size     string     `json:"size" jsonschema:"the size that was asked for, as a Kubernetes quantity"`
	Phase    string     `json:"phase" jsonschema:"Kubernetes' own word, such as Bound"`
	Deleting *time.Time `json:"deletingSince,omitempty" jsonschema:"since when it is being deleted: its data goes with its pod"`
}

func viewOf(s deploy.Status) statusView {
	view := statusView{
		SchemaVersion: statusSchema,
		Name:          s.Cluster.Name,
		Namespace:     s.Cluster.Namespace,
		Condition:     s.Condition,
		Problems:      s.Problems,
		Next:          s.Next,
		ClusterID:     s.Cluster.ClusterID,
		Image:         s.Cluster.Image,
		Security:      s.Cluster.Security,
		Nodes:         s.Cluster.Nodes,
		LiveNodes:     known(s.Live),
		Ranges:        rangesView{known(s.Unavailable), known(s.UnderReplicated)},
		Warnings:      s.Warnings,
		CertsExpire:   moment(s.Expires),
		ThrottledFrom: moment(s.ThrottledFrom),
		Licence:       viewOfLicence(s),
		Seen:          moment(s.Seen.Truncate(time.Second)), // the server tells no more
	}
	if s.Cluster.Security != cockroach.Insecure {
		view.CertsDays = viewOfDays(daysLeft(s, s.CAExpires), daysLeft(s, s.NodeExpires))
	}
	for _, found := range s.Causes {
		view.Causes = append(view.Causes, viewOfCause(found))
	}
	for _, pod := range s.Pods {
		view.Pods = append(view.Pods, viewOfPod(pod))
	}
	return view
}

func viewOfPod(pod deploy.PodStatus) podView {
	view := podView{
		Name:         pod.Name,
		Phase:        pod.Phase,
		Detail:       pod.Detail,
		Ready:        pod.Phase == diagnose.Ready,
		Restarts:     pod.Restarts,
		Node:         pod.Node,
		NodeID:       known(pod.NodeID),
		Version:      pod.Version,
		measuresView: measuresOf(pod),
		Created:      moment(pod.Created),
	}
	if pod.Cause != nil {
		view.Cause = pod.Cause.ID
	}
	if pod.Claim != nil {
		view.Claim = &claimView{pod.Claim.Name, pod.Claim.Size, pod.Claim.Phase, moment(pod.Claim.Deleting)}
	}
	return view
}

func viewOfDays(ca, node cockroach.Count) *daysView {
	if !ca.Known && !node.Known {
		return nil
	}
	return &daysView{known(ca), known(node)}
}

func viewOfLicence(s deploy.Status) *licenceView {
	switch {
	case !s.Licence.Known:
		return nil
	case s.Licence.Value == 0:
		return &licenceView{State: "none"}
	case s.Licence.Value < 0:
		return &licenceView{"ended", known(licenceDays(s))}
	}
	return &licenceView{"valid", known(licenceDays(s))}
}

func measuresOf(pod deploy.PodStatus) measuresView {
	view := measuresView{
		UsedBytes:      known(pod.Used),
		Replicas:       known(pod.Replicas),
		RangesLed:      known(pod.Leads),
		CapacityBytes:  known(pod.Capacity),
		AvailableBytes: known(pod.Available),
		FullPercent:    known(pod.Full()),
	}
	if pod.ClockOffset.Known {
		view.ClockOffsetMs = new(milliseconds(pod.ClockOffset))
	}
	return view
}

func viewOfCause(found deploy.Finding) causeView {
	view := causeView{ID: found.ID, Class: found.Class, Sentence: found.Sentence, Next: found.Next, Pods: found.Pods}
	for _, one := range found.Evidence {
		view.Evidence = append(view.Evidence, evidenceView{one.Text, one.Where, math.Round(one.Age.Seconds())})
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
