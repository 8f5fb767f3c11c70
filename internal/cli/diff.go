package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func (a *app) diff() *cobra.Command {
	var f upFlags
	form := outputTable
	var timeout *time.Duration
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "show what up would change, and who changed it before",
		Long: `diff decides as up does, with the same flags, and asks the server by dry runs
what applying that would change: object by object and field by field, with who
has set the value that is there, and when. It writes nothing. Fields that others
have added and up leaves alone are told apart.

Its exit code is 0 when up would change nothing, and 10 when it would. More is
in docs/diff.md.`,
		Example: `  crdb-kube diff
  crdb-kube diff --nodes 5
  crdb-kube diff -o json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, opts, err := a.prepare(cmd, f)
			if err != nil {
				return err
			}
			ctx, cancel := limited(cmd.Context(), *timeout)
			defer cancel()
			diff, err := deploy.GetDiff(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name}, opts)
			if err != nil {
				return err
			}
			return a.showDiff(diff, form)
		},
	}
	f.describe(cmd)
	cmd.Flags().BoolVar(&f.forceOthers, "force-conflicts", false, "as up would do with the same flag: take over fields that somebody else has set")
	cmd.Flags().VarP(&form, "output", "o", "table, wide, json or yaml")
	timeout = timeoutFlag(cmd, aheadTimeout)
	return cmd
}

func (a *app) showDiff(d deploy.Diff, form output) error {
	err := a.write(form, a.viewOfDiff(d), func() error {
		palette, width := a.outLook()
		return a.diffPage(d, form).Write(a.out(), palette, width)
	})
	if err != nil {
		return err
	}
	text, parts := diffSummary(d)
	a.said = progress.End{Message: strings.Join(append([]string{text}, parts...), ", "), Next: a.diffNext(d)}
	if d.Differs() {
		return &exitError{exitDiffers}
	}
	return nil
}

// diffSummary is what comes of it: of what, and how many of each action.
func diffSummary(d deploy.Diff) (text string, parts []string) {
	text = fmt.Sprintf("%s in %s: ", d.Cluster.Name, d.Cluster.Namespace)
	if !d.Differs() {
		return text + "up would change nothing of " + plural(len(d.Objects), "object"), nil
	}
	tally := map[deploy.Action]int{}
	for _, object := range d.Objects {
		tally[object.Action]++
	}
	for _, action := range []deploy.Action{
		deploy.ActionCreated, deploy.ActionConfigured, deploy.ActionRecreated, deploy.ActionConflict, deploy.ActionUnchanged,
	} {
		if n := tally[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, actionWord(action)))
		}
	}
	return text + plural(len(d.Objects), "object"), parts
}

func actionWord(action deploy.Action) string {
	if action == deploy.ActionConflict {
		return "in conflict"
	}
	return string(action)
}

// diffNext is what to do about it where `up` would not do it.
func (a *app) diffNext(d deploy.Diff) string {
	switch {
	case d.Refusal != nil:
		return a.scoped(d.Refusal.Next)
	case d.Conflicts():
		return a.scoped("crdb-kube up --force-conflicts takes the fields over; crdb-kube up without it refuses")
	}
	return ""
}

// diffPage has a line for each object that would change, and below it one for
// each field.
func (a *app) diffPage(d deploy.Diff, form output) progress.Page {
	text, parts := diffSummary(d)
	page := progress.Page{progress.Heading{Text: []progress.Cell{{Text: text}}, Parts: parts}}
	if d.Refusal != nil {
		page = append(page, warning("up would refuse: "+d.Refusal.Message))
	}
	for _, text := range d.Notes {
		page = append(page, remark("note", progress.Dim, a.scoped(text)))
	}
	if text := a.diffNext(d); text != "" {
		page = append(page, next(text))
	}
	gap := false
	for _, object := range d.Objects {
		if object.Action == deploy.ActionUnchanged && len(object.Alone) == 0 {
			continue
		}
		if !gap {
			page, gap = append(page, progress.Gap{}), true
		}
		page = append(page, objectBlocks(object, d.Seen, form)...)
	}
	return page
}

func objectBlocks(o deploy.DiffObject, now time.Time, form output) progress.Page {
	sign, tone := "~", progress.Warn
	switch o.Action {
	case deploy.ActionCreated:
		sign, tone = "+", progress.Good
	case deploy.ActionUnchanged:
		sign, tone = "=", progress.Dim
	case deploy.ActionConfigured, deploy.ActionRecreated, deploy.ActionConflict:
	}
	page := progress.Page{progress.Heading{Text: []progress.Cell{{Text: sign + " ", Tone: tone}, {Text: o.Ref.String()}}, Parts: []string{actionWord(o.Action)}}}
	for _, field := range o.Fields {
		sign, tone := signOf(field.Way)
		page = append(page, remark(sign, tone, field.Path+changeText(field, form)+byWhom(field.Manager, field.Since, now)))
	}
	for _, field := range o.Alone {
		text := field.Path
		if field.Value != nil {
			text += ": " + valueText(field.Value, form)
		}
		page = append(page, remark("=", progress.Dim, text+byWhom(field.Manager, field.Since, now)+" · left alone"))
	}
	return page
}

func remark(mark string, tone progress.Tone, text string) progress.Remark {
	return progress.Remark{Mark: progress.Cell{Text: mark, Tone: tone}, Text: text}
}

func signOf(way deploy.ChangeWay) (string, progress.Tone) {
	switch way {
	case deploy.FieldAdded:
		return "+", progress.Good
	case deploy.FieldRemoved:
		return "-", progress.Bad
	case deploy.FieldChanged:
	}
	return "~", progress.Warn
}

// changeText is the value before and after, as far as it is told.
func changeText(c deploy.Change, form output) string {
	switch {
	case c.From == nil && c.To == nil && c.Way == deploy.FieldChanged:
		return ": another value"
	case c.From == nil && c.To == nil:
		return ""
	case c.From == nil:
		return ": " + valueText(c.To, form)
	case c.To == nil:
		return ": " + valueText(c.From, form)
	}
	return ": " + valueText(c.From, form) + " -> " + valueText(c.To, form)
}

// longest is how much of a value is shown, but for -o wide.
const longest = 60

// valueText is a value in one line: a text as it is, anything else as JSON.
func valueText(value any, form output) string {
	text, ok := value.(string)
	if encoded, err := json.Marshal(value); err == nil && (!ok || text != progress.Clean(text) || text == "") {
		text = string(encoded)
	}
	if runes := []rune(text); form != outputWide && len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return text
}

// byWhom is who set the value that is there, and how long ago.
func byWhom(manager string, since, now time.Time) string {
	switch {
	case manager == "" || manager == kube.FieldManager:
		return ""
	case since.IsZero():
		return " · by " + manager
	}
	return " · by " + manager + " " + age(since, now) + " ago"
}
