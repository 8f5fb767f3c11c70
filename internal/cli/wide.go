package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Limits from the alert rules that CockroachDB's makers publish.
const (
	fullWarn  = 85                     // hundredths of the file system
	clockWarn = 300 * time.Millisecond // a node ends itself at 500
)

// unknown stands for a number that nobody could tell; 0 would be a lie.
const unknown = "-"

// wideHeader names the columns that only -o wide has.
func wideHeader() []string {
	return []string{"REPLICAS", "LEADS", "DISK", "FULL", "CLOCK", "CLAIM NAME", "DETAIL"}
}

func wideCells(pod deploy.PodStatus) []progress.Cell {
	claim := ""
	if pod.Claim != nil {
		claim = pod.Claim.Name
	}
	return []progress.Cell{
		{Text: countText(pod.Replicas)},
		{Text: countText(pod.Leads)},
		{Text: diskText(pod)},
		fullCell(pod.Full()),
		clockCell(pod.ClockOffset),
		{Text: claim},
		{Text: pod.Detail},
	}
}

// diskText is what is taken of the file system, by whatever it is; what the
// store itself takes is in the column CLAIM.
func diskText(pod deploy.PodStatus) string {
	if !pod.Capacity.Known || !pod.Available.Known {
		return ""
	}
	return bytes(pod.Capacity.Value-pod.Available.Value) + "/" + bytes(pod.Capacity.Value)
}

func fullCell(full cockroach.Count) progress.Cell {
	switch {
	case !full.Known:
		return progress.Cell{}
	case full.Value > fullWarn:
		return progress.Cell{Text: countText(full) + "%", Tone: progress.Warn}
	}
	return progress.Cell{Text: countText(full) + "%"}
}

func clockCell(offset cockroach.Count) progress.Cell {
	if !offset.Known {
		return progress.Cell{}
	}
	cell := progress.Cell{Text: fmt.Sprintf("%.2fms", milliseconds(offset))}
	if time.Duration(offset.Value).Abs() > clockWarn {
		cell.Tone = progress.Bad
	}
	return cell
}

func milliseconds(nanos cockroach.Count) float64 { return float64(nanos.Value) / 1e6 }

// liveText, rangesText and certificatesText are parts of the first line.
func liveText(s deploy.Status) string {
	return fmt.Sprintf("%s of %d CockroachDB nodes live", orUnknown(s.Live), s.Cluster.Nodes)
}

func rangesText(s deploy.Status) string {
	return fmt.Sprintf("ranges: %s unavailable, %s under-replicated", orUnknown(s.Unavailable), orUnknown(s.UnderReplicated))
}

func certificatesText(s deploy.Status) string {
	return fmt.Sprintf("certificates: CA %s, node %s", daysText(daysLeft(s, s.CAExpires)), daysText(daysLeft(s, s.NodeExpires)))
}

// licenceText is empty where a cluster may do without a licence, for all that
// is known; -o wide says that, too.
func licenceText(s deploy.Status, form output) string {
	switch {
	case s.Licence.Value < 0:
		return "licence: ended"
	case !s.ThrottledFrom.IsZero():
		return "no licence: throttled from " + s.ThrottledFrom.UTC().Format(time.DateOnly)
	case form != outputWide:
		return ""
	case s.Licence.Known && s.Licence.Value == 0:
		return "no licence"
	}
	return "licence: " + daysText(licenceDays(s))
}

// daysLeft is whole days from now to then, less than 0 if that was before.
func daysLeft(s deploy.Status, then time.Time) cockroach.Count {
	if then.IsZero() {
		return cockroach.Count{}
	}
	return wholeDays(then.Sub(s.Seen))
}

// licenceDays is unknown where there is no licence.
func licenceDays(s deploy.Status) cockroach.Count {
	if s.Licence.Value == 0 {
		return cockroach.Count{}
	}
	return wholeDays(time.Duration(s.Licence.Value) * time.Second)
}

func wholeDays(d time.Duration) cockroach.Count {
	const day = 24 * time.Hour
	n := int64(d / day)
	if d < 0 && d%day != 0 {
		n--
	}
	return cockroach.Count{Value: n, Known: true}
}

func daysText(days cockroach.Count) string {
	switch {
	case !days.Known:
		return unknown
	case days.Value < 0:
		return "ended"
	case days.Value == 1:
		return "1 day"
	}
	return strconv.FormatInt(days.Value, 10) + " days"
}

func orUnknown(n cockroach.Count) string {
	if !n.Known {
		return unknown
	}
	return countText(n)
}
