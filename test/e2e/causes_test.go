package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Why a cluster does not come up is said within seconds of its being visible,
// with what to do next. Here are those causes that cost little to provoke; the
// others have the long tier.

func TestUp_saysWhyNoPodIsMade(t *testing.T) {
	p := arrive(t, defaultClass)
	for _, one := range []struct{ cause, object, next string }{
		{"QUOTA_EXCEEDED", "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 0}}}", "kubectl describe quota"},
		{"LIMIT_RANGE_VIOLATED", "{apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, max: {memory: 500Mi}}]}}", "kubectl describe limitrange"},
	} {
		p.step(one.cause, func(p place) {
			p.kubectlWith(one.object, "create", "-f", "-")
			p.saysAtOnce(p.crdb(p.up(p.small()...)...), one.cause, one.next)
			got := p.crdb("status")
			got.says(got.stdout, one.cause)
			if got.code != 4 {
				p.t.Errorf("exit code %d, want 4\n%s", got.code, got.all())
			}
			p.kubectlWith(one.object, "delete", "-f", "-")
			p.crdb("down", "--delete-data", "--yes").ok("gone in")
		})
	}
}

func TestUp_saysThatSomebodyElsesPodHasTheName(t *testing.T) {
	p := arrive(t, defaultClass)
	pod := "{apiVersion: v1, kind: Pod, metadata: {name: cockroachdb-1}, spec: {schedulerName: nobody, containers: [{name: web, image: nothing}]}}"
	p.kubectlWith(pod, "create", "-f", "-")
	got := p.crdb(p.up(p.small()...)...)
	got.fails(1, "pod cockroachdb-1: another pod has its name (POD_NAME_TAKEN)", "kubectl delete pod")
	if got.took > slow {
		t.Errorf("said after %s", got.took)
	}
	p.kubectlWith(pod, "delete", "-f", "-")
	p.crdb("up").ok("ready in", "3 pods")
}

func TestUp_saysThatWhatThePodsNeedIsNotThere(t *testing.T) {
	p := arrive(t, defaultClass)
	patch := file(p.t, "patch.yaml", []byte(patchOf("volumes: [{name: extra, secret: {secretName: nosuch}}]", "volumeMounts: [{name: extra, mountPath: /extra}]")))
	got := p.crdb(p.up(p.small("--patch", patch)...)...)
	p.saysAtOnce(got, "SECRET_NOT_FOUND", "kubectl get secrets")
	got.fails(1, `needs what is not there: secret "nosuch" not found`)
}

// saysAtOnce wants that a command ended with this cause, at most five seconds
// after the first event of which it tells.
func (p place) saysAtOnce(got result, cause, next string) {
	p.t.Helper()
	ended := time.Now()
	got.fails(1, "("+cause+")", next)
	seen, _, _ := strings.Cut(got.failure(), "\n  next ")
	_, seen, _ = strings.Cut(seen, "\n  seen  ")
	seen, _, _ = strings.Cut(seen, "   (")
	first, found := p.firstEvent(func(e corev1.Event) bool { return strings.Contains(e.Message, seen) })
	if !found { // it is what a container said before it ended
		first, found = p.firstEvent(func(e corev1.Event) bool { return e.Reason == "Started" })
	}
	if !found {
		p.t.Fatalf("%s: no event says %q, and no container has started", cause, seen)
	}
	// Kubernetes tells the time of events in whole seconds.
	if took := ended.Sub(first); took > 6*time.Second {
		p.t.Errorf("%s: said %s after the first sign", cause, took)
	} else {
		p.t.Logf("%s: said %.1fs after the first sign", cause, took.Seconds())
	}
}

// firstEvent is the time of the first event of this kind, if there is one.
func (p place) firstEvent(is func(corev1.Event) bool) (first time.Time, found bool) {
	p.t.Helper()
	for _, event := range get[corev1.EventList](p, "events").Items {
		if at := event.CreationTimestamp.Time; is(event) && (!found || at.Before(first)) {
			first, found = at, true
		}
	}
	return first, found
}

// patchOf is a patch of the pods and of the database's container.
func patchOf(pod, container string) string {
	return fmt.Sprintf("kind: StatefulSet\nspec: {template: {spec: {%s containers: [{name: cockroachdb, %s}]}}}\n", trailing(pod), container)
}

func trailing(fields string) string {
	if fields == "" {
		return ""
	}
	return fields + ","
}
