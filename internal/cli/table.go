package cli

import (
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// writeTable prints the status for people.
func (a *app) writeTable(s deploy.Status, form output) error {
	palette, width := a.outLook()
	out := a.out()
	if err := a.statusPage(s, form).Write(out, palette, width); err != nil || len(s.Pods) == 0 {
		return err
	}
	if form == outputWide {
		width = 0 // who asks for all of it gets all of it
	}
	return podTable(s, form).Write(out, palette, width)
}

// statusPage is one line that says how the cluster does, and what is wrong.
// What is left to show is a row for each pod.
func (a *app) statusPage(s deploy.Status, form output) progress.Page {
	page := progress.Page{progress.Heading{
		Text: []progress.Cell{
			{Text: fmt.Sprintf("%s in %s: ", s.Cluster.Name, s.Cluster.Namespace)},
			{Text: string(s.Condition), Tone: conditionTone(s.Condition)},
		},
		Parts: summary(s, form),
	}}
	for _, problem := range s.Problems {
		page = append(page, warning(problem))
		page = append(page, evidenceOf(s, problem)...)
	}
	for _, text := range s.Warnings {
		page = append(page, warning(a.scoped(text)))
	}
	if s.Next != "" {
		page = append(page, next(a.scoped(s.Next)))
	}
	if len(s.Pods) > 0 {
		page = append(page, progress.Gap{})
	}
	return page
}

// evidenceOf is the most telling of what a problem was concluded from.
func evidenceOf(s deploy.Status, problem string) progress.Page {
	for _, found := range s.Causes {
		if found.Problem == problem && len(found.Evidence) > 0 {
			return progress.Page{progress.Remark{Mark: progress.Cell{Text: " "}, Text: found.Evidence[0].String(), Tone: progress.Dim}}
		}
	}
	return nil
}

func warning(text string) progress.Remark {
	return progress.Remark{Mark: progress.Cell{Text: "!", Tone: progress.Warn}, Text: text}
}

func next(text string) progress.Remark {
	return progress.Remark{Mark: progress.Cell{Text: "next "}, Text: text}
}

// summary is what can be said of the cluster as a whole. What is not known is
// left out; -o wide says so instead.
func summary(s deploy.Status, form output) []string {
	var parts []string
	wide := form == outputWide
	if wide || s.Live.Known {
		parts = append(parts, liveText(s))
	}
	if version, ok := cockroach.VersionOf(s.Cluster.Image); ok {
		parts = append(parts, version.String())
	}
	security := s.Cluster.Security.String()
	if !s.Expires.IsZero() {
		security += " until " + s.Expires.UTC().Format(time.DateOnly)
	}
	parts = append(parts, security)
	if wide && s.Cluster.Security != cockroach.Insecure {
		parts = append(parts, certificatesText(s))
	}
	if wide || s.Unavailable.Known && s.UnderReplicated.Known {
		parts = append(parts, rangesText(s))
	}
	if text := licenceText(s, form); text != "" {
		parts = append(parts, text)
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
		table.Header = append(table.Header, wideHeader()...)
	}
	for _, pod := range s.Pods {
		ready := "0/1"
		if pod.Phase == diagnose.Ready {
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
			row = append(row, wideCells(pod)...)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

func phaseTone(pod deploy.PodStatus) progress.Tone {
	switch {
	case pod.Phase == diagnose.Ready:
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
