package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// writeTable prints the status for people: one line that says how it does,
// what is wrong, and a row for each pod.
func (a *app) writeTable(s deploy.Status, form output) error {
	palette, width := a.look(a.streams.Out)
	out := a.streams.Out
	condition := palette.Paint(conditionTone(s.Condition), string(s.Condition))
	head := fmt.Sprintf("%s in %s: ", s.Cluster.Name, s.Cluster.Namespace)
	rest := joined(summary(s), utf8.RuneCountInString(head+string(s.Condition)), width)
	if _, err := fmt.Fprintln(out, head+condition+rest); err != nil {
		return err
	}
	for _, problem := range s.Problems {
		fmt.Fprintln(out, "  "+palette.Paint(progress.Warn, "!")+" "+progress.Clean(problem))
	}
	for _, warning := range s.Warnings {
		fmt.Fprintln(out, "  "+palette.Paint(progress.Warn, "!")+" "+progress.Clean(a.scoped(warning)))
	}
	if s.Next != "" {
		fmt.Fprintln(out, "  next  "+progress.Clean(a.scoped(s.Next)))
	}
	if len(s.Pods) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	if form == outputWide {
		width = 0 // who asks for all of it gets all of it
	}
	return podTable(s, form).Write(out, palette, width)
}

// joined puts a dot before each part, and a line break where the next part
// would not fit into the width any more; 0: as wide as can be.
func joined(parts []string, used, width int) string {
	const dot, indent = " · ", "  "
	var text strings.Builder
	for _, part := range parts {
		length := utf8.RuneCountInString(part)
		if lead := utf8.RuneCountInString(dot); width == 0 || used+lead+length <= width {
			text.WriteString(dot + part)
			used += lead + length
			continue
		}
		text.WriteString("\n" + indent + part)
		used = len(indent) + length
	}
	return text.String()
}

func summary(s deploy.Status) []string {
	var parts []string
	if s.Live.Known {
		parts = append(parts, fmt.Sprintf("%d of %d CockroachDB nodes live", s.Live.Value, s.Cluster.Nodes))
	}
	if version, ok := cockroach.VersionOf(s.Cluster.Image); ok {
		parts = append(parts, version.String())
	}
	security := s.Cluster.Security.String()
	if !s.Expires.IsZero() {
		security += " until " + s.Expires.UTC().Format(time.DateOnly)
	}
	parts = append(parts, security)
	if s.Unavailable.Known && s.UnderReplicated.Known {
		parts = append(parts, fmt.Sprintf("ranges: %d unavailable, %d under-replicated", s.Unavailable.Value, s.UnderReplicated.Value))
	}
	if !s.ThrottledFrom.IsZero() {
		parts = append(parts, "no licence: throttled from "+s.ThrottledFrom.UTC().Format("2006-01-02"))
	}
	return parts
}

func conditionTone(condition deploy.Condition) progress.Tone {
	switch condition {
	case deploy.Healthy:
		return progress.Good
	case deploy.Coming, deploy.Stopped:
		return progress.Warn
	case deploy.Degraded:
		return progress.Bad
	}
	return progress.Normal
}

func podTable(s deploy.Status, form output) progress.Table {
	table := progress.Table{Header: []string{"POD", "STATE", "READY", "RESTARTS", "ID", "VERSION", "NODE", "CLAIM", "AGE"}}
	if form == outputWide {
		table.Header = append(table.Header, "CLAIM NAME", "DETAIL")
	}
	for _, pod := range s.Pods {
		ready := "0/1"
		if pod.Phase == deploy.Ready {
			ready = "1/1"
		}
		row := []progress.Cell{
			{Text: pod.Name},
			{Text: string(pod.Phase), Tone: phaseTone(pod)},
			{Text: ready},
			{Text: strconv.Itoa(int(pod.Restarts))},
			{Text: countText(pod.NodeID)},
			{Text: pod.Version},
			{Text: pod.Node},
			claimCell(pod),
			{Text: age(pod.Created, s.Seen)},
		}
		if form == outputWide {
			name := ""
			if pod.Claim != nil {
				name = pod.Claim.Name
			}
			row = append(row, progress.Cell{Text: name}, progress.Cell{Text: pod.Detail})
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func phaseTone(pod deploy.PodStatus) progress.Tone {
	switch {
	case pod.Phase == deploy.Ready:
		return progress.Good
	case pod.Cause != nil:
		return progress.Bad
	}
	return progress.Warn
}

func countText(n cockroach.Count) string {
	if !n.Known {
		return ""
	}
	return strconv.FormatInt(n.Value, 10)
}

func claimCell(pod deploy.PodStatus) progress.Cell {
	switch {
	case pod.Claim == nil:
		return progress.Cell{Text: "none", Tone: progress.Bad}
	case !pod.Claim.Deleting.IsZero():
		return progress.Cell{Text: pod.Claim.Size + ", being deleted", Tone: progress.Bad}
	case pod.Used.Known:
		return progress.Cell{Text: bytes(pod.Used.Value) + "/" + pod.Claim.Size}
	}
	return progress.Cell{Text: pod.Claim.Size}
}

// bytes writes an amount in whole Mi, from 10 Gi on in whole Gi.
func bytes(n int64) string {
	const mi = 1 << 20
	if n >= 10<<30 {
		return fmt.Sprintf("%dGi", n>>30)
	}
	return resource.NewQuantity((n+mi-1)/mi*mi, resource.BinarySI).String()
}

// age is how long ago, as kubectl writes it: 42s, 3m, 5h, 8d.
func age(then, now time.Time) string {
	if then.IsZero() {
		return ""
	}
	d := now.Sub(then)
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}
