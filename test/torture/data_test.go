package torture

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// dataTrials are commands that must not even begin.
func (a *arena) dataTrials() []trial {
	made := [][]string{up(1)}
	var all []trial
	for _, args := range [][]string{
		{"up", "--fresh"},
		{"down", "--delete-data"},
	} {
		all = append(all, a.refusal(strings.Join(args, " ")+" without a confirmation", verb{args: args, setup: made}, nil))
	}
	foreign := verb{args: []string{"up"}, setup: made}
	all = append(all, a.refusal("up on a claim of another cluster", foreign, func(ctx context.Context, p *place) error {
		if c := p.direct.run(ctx, "down"); c.code() != 0 {
			return errors.New(c.String())
		}
		_, err := a.client.CoreV1().PersistentVolumeClaims(p.direct.namespace).Patch(ctx, "datadir-cockroachdb-0",
			types.MergePatchType, []byte(`{"metadata":{"annotations":{"crdb-kube.github.io/incarnation":"0badc0de"}}}`), metav1.PatchOptions{})
		return err
	}))
	all = append(all, a.refusal("up when the claims of the cluster are gone", foreign, func(ctx context.Context, p *place) error {
		if c := p.direct.run(ctx, "down"); c.code() != 0 {
			return errors.New(c.String())
		}
		return a.client.CoreV1().PersistentVolumeClaims(p.direct.namespace).Delete(ctx, "datadir-cockroachdb-0", metav1.DeleteOptions{})
	}))
	for _, l := range likenesses() {
		if !slices.Contains([]string{"Service", "StatefulSet", "PodDisruptionBudget", "ConfigMap"}, l.kind) {
			continue
		}
		args := up(1)
		all = append(all, a.refusal("up where somebody has a "+l.kind+" of its name", verb{args: args}, func(ctx context.Context, p *place) error {
			_, err := a.replace(ctx, l, being{l.resource, p.direct.namespace, ourNames(l.kind)[0]})
			return err
		}))
	}
	return all
}

// refusal is a trial of a command that has to end with 5, and leave everything
// as it was.
func (a *arena) refusal(name string, v verb, before func(context.Context, *place) error) trial {
	return trial{section: refusals, row: name, column: "runs", name: "refused/" + name, run: func(ctx context.Context) outcome {
		v.rows = true
		p, err := a.enter(ctx, v)
		if err != nil {
			return wrongly(err.Error())
		}
		defer p.leave(ctx)
		if before != nil {
			if err := before(ctx, p); err != nil {
				return wrongly(err.Error())
			}
		}
		was, err := p.rests(ctx)
		if err != nil {
			return wrongly(err.Error())
		}
		c := p.direct.run(ctx, v.args...)
		out := outcome{story: c.String(), wrong: c.faults(nil)}
		if c.code() != 5 {
			out.wrong = append(out.wrong, fmt.Sprintf("exit code %d, want 5", c.code()))
		}
		is, err := p.rests(ctx)
		if err != nil {
			return wrongly(err.Error())
		}
		for _, line := range is.differences(was) {
			out.wrong = append(out.wrong, "touched: "+line)
		}
		return out
	}}
}
