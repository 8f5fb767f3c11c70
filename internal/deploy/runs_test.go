package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func target() Target { return Target{Namespace: "default", Name: "cockroachdb"} }

// up is one run with these options over the usual ones.
func (w *world) up(change ...func(*UpOptions)) (UpResult, error) {
	return w.upOf(target(), change...)
}

func (w *world) upOf(at Target, change ...func(*UpOptions)) (UpResult, error) {
	opts := UpOptions{
		Context: "test", DefaultImage: cockroach.DefaultImage, Incarnation: "0badcafe", Grace: DefaultGrace,
		Lock: LockOptions{Holder: kube.Holder{Command: "up", Host: "here", PID: 1, Token: "t"}},
		Now:  time.Now,
	}
	for _, f := range change {
		f(&opts)
	}
	ctx, cancel := w.run()
	defer cancel()
	return Up(ctx, w.client, at, opts, w.record)
}

func wish(wish Wish) func(*UpOptions) { return func(o *UpOptions) { o.Wish = wish } }

// fresh is --fresh with an answer to the question whether data may die.
func fresh(answer error, seen *[]string) func(*UpOptions) {
	return func(o *UpOptions) {
		o.Fresh = Given
		o.Incarnation = "12345678"
		o.Confirm = func(losing []string) error {
			*seen = losing
			return answer
		}
	}
}

func (w *world) down(data Consent) (DownResult, error) { return w.downOf(target(), data) }

func (w *world) downOf(at Target, data Consent) (DownResult, error) {
	ctx, cancel := w.run()
	defer cancel()
	return Down(ctx, w.client, at, DownOptions{
		Context: "test", Data: data, Confirm: func([]string) error { return nil },
		Lock: LockOptions{Holder: kube.Holder{Command: "down", Host: "here", PID: 1, Token: "t"}},
		Now:  w.now,
	}, w.record)
}

func (w *world) status() (Status, error) {
	ctx, cancel := w.run()
	defer cancel()
	return GetStatus(ctx, w.client, target(), w.now)
}

// run is the context of one command, which ends with it when it is cut off.
func (w *world) run() (context.Context, context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
	ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
	w.cut = cancel
	return ctx, cancel
}

// cutAfter lets so many more requests through, whatever they are; negative: all.
func (w *world) cutAfter(requests int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = requests
}

// cutOff tells whether a request was refused since cutAfter.
func (w *world) cutOff() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.left == 0
}

func (w *world) record(e progress.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// transcript is what was reported, one line an event, without what depends on
// timing: the order inside a group of objects, and how far the wait had come.
func (w *world) transcript() string {
	var lines, objects []string
	flush := func() {
		slices.Sort(objects)
		lines = append(lines, objects...)
		objects = nil
	}
	for _, e := range w.events {
		line := strings.TrimRight(fmt.Sprintf("%-11s %-41s %-11s%s", e.Step, e.Subject, e.State, e.Message), " ")
		switch e.State {
		case progress.Created, progress.Configured, progress.Unchanged, progress.Removed:
			objects = append(objects, line)
			continue
		case progress.Running, progress.Ready:
			continue
		}
		flush()
		lines = append(lines, line)
	}
	flush()
	return strings.Join(lines, "\n") + "\n"
}

// endNamespace marks it as being deleted.
func (w *world) endNamespace() {
	w.Helper()
	namespace, err := w.api.CoreV1().Namespaces().Get(w.Context(), "default", metav1.GetOptions{})
	wantNoError(w.T, err)
	namespace.DeletionTimestamp, namespace.Finalizers = new(metav1.Now()), []string{"kubernetes"}
	_, err = w.api.CoreV1().Namespaces().Update(w.Context(), namespace, metav1.UpdateOptions{})
	wantNoError(w.T, err)
}

// until waits until the running command has said this.
func (w *world) until(step, message string) {
	w.Helper()
	said := func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.ContainsFunc(w.events, func(e progress.Event) bool { return e.Step == step && e.Message == message })
	}
	for !said() {
		select {
		case <-w.Context().Done():
			w.Fatalf("%s never said %q", step, message)
		case <-time.After(time.Millisecond):
		}
	}
}

// notes are those of the last command.
func (w *world) notes() []string {
	var all []string
	for _, e := range w.events {
		if e.State == progress.Note {
			all = append(all, e.Message)
		}
	}
	return all
}

func (w *world) wantNote(text string) {
	w.Helper()
	if notes := w.notes(); !slices.Contains(notes, text) {
		w.Errorf("no note %q, but %q", text, notes)
	}
}

// writes are the requests that changed something since the last call, without
// those about locks and permissions.
func (w *world) writes() []string {
	var all []string
	for _, action := range w.api.Actions() {
		resource := action.GetResource().Resource
		if strings.HasPrefix(resource, "selfsubject") || resource == "leases" {
			continue
		}
		switch action.GetVerb() {
		case "get", "list", "watch":
		case "patch":
			if patch, ok := action.(clienttesting.PatchActionImpl); ok && len(patch.PatchOptions.DryRun) > 0 {
				continue
			}
			fallthrough
		default:
			all = append(all, action.GetVerb()+" "+resource)
		}
	}
	w.api.ClearActions()
	return all
}

// objects are all that exist but nodes, classes, namespaces and leases, as
// "namespace/kind/name", sorted.
func (w *world) objects() []string {
	w.Helper()
	core := corev1.SchemeGroupVersion
	var all []string
	for kind, resource := range map[schema.GroupVersionKind]string{
		core.WithKind("Pod"):                                        "pods",
		core.WithKind("Service"):                                    "services",
		core.WithKind("ConfigMap"):                                  "configmaps",
		core.WithKind("Secret"):                                     "secrets",
		core.WithKind("PersistentVolumeClaim"):                      "persistentvolumeclaims",
		core.WithKind("PersistentVolume"):                           "persistentvolumes",
		appsv1.SchemeGroupVersion.WithKind("StatefulSet"):           "statefulsets",
		appsv1.SchemeGroupVersion.WithKind("ControllerRevision"):    "controllerrevisions",
		policyv1.SchemeGroupVersion.WithKind("PodDisruptionBudget"): "poddisruptionbudgets",
	} {
		list, err := w.tracker.List(kind.GroupVersion().WithResource(resource), kind, metav1.NamespaceAll)
		wantNoError(w.T, err)
		wantNoError(w.T, meta.EachListItem(list, func(item runtime.Object) error {
			object, err := meta.Accessor(item)
			if err == nil {
				all = append(all, object.GetNamespace()+"/"+strings.ToLower(kind.Kind)+"/"+object.GetName())
			}
			return err
		}))
	}
	slices.Sort(all)
	return all
}
