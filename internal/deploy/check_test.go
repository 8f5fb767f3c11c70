package deploy

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/version"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// wroteNothing says so if anything was written.
func wroteNothing(t *testing.T, w *world) {
	t.Helper()
	if diff := cmp.Diff([]string(nil), w.writes()); diff != "" {
		t.Errorf("written:\n%s", diff)
	}
}

func TestRecentEnough_refusesServersWithoutWhatTheManifestsUse(t *testing.T) {
	for _, minor := range []string{"23", "37", "28+", "odd"} {
		if err := recentEnough(&version.Info{Major: "1", Minor: minor}); err != nil {
			t.Errorf("1.%s: %v", minor, err)
		}
	}
	err := recentEnough(&version.Info{Major: "1", Minor: "22+", GitVersion: "v1.22.17-eks"})
	wantError(t, err, Failed, "Kubernetes v1.22.17-eks: too old")
}

func TestUp_namesAllMissingPermissionsInOneMessage(t *testing.T) {
	w := newWorld(t)
	w.missing = func(verb, resource string) bool {
		return resource == "persistentvolumeclaims" && verb == "create" || resource == "pods/exec" && verb == "create"
	}
	_, err := w.up()
	wantError(t, err, Failed, "namespace default: you may not create pods/exec and create persistentvolumeclaims")
	wroteNothing(t, w)
}

func TestEveryCommand_namesTheOneRightThatIsMissing(t *testing.T) {
	role, ok := Roles("default", "", NamespaceOnly)[0].(*rbacv1.Role)
	if !ok {
		t.Fatal("the first object is no Role")
	}
	var rights []string
	for _, rule := range role.Rules {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				rights = append(rights, verb+" "+resource)
			}
		}
	}
	for _, lacks := range rights {
		t.Run(lacks, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.missing = func(verb, resource string) bool {
				right := verb + " " + resource
				return right == lacks || !slices.Contains(rights, right)
			}
			_, err := w.up()
			if err == nil {
				_, err = w.rotate()
			}
			if err == nil {
				err = w.logs()
			}
			if err == nil {
				_, err = w.down(Given)
			}
			wantError(t, err, Failed, lacks)
			for _, other := range rights {
				if err != nil && other != lacks && strings.Contains(err.Error()+" ", other+" ") {
					t.Errorf("names %s, too: %v", other, err)
				}
			}
		})
	}
}

// logs reads them all, and passes over them.
func (w *world) logs() error {
	access, err := Open(w.Context(), w.client, target())
	if err != nil {
		return err
	}
	return access.Logs(w.Context(), LogOptions{Tail: -1, Now: time.Now, Note: func(string) {}, Write: func(string, []byte) error { return nil }})
}

func TestUp_needsOneOfTheTwoWaysToReachPods(t *testing.T) {
	for _, only := range []string{"pods/proxy", "pods/portforward"} {
		w := newWorld(t)
		w.missing = func(_, resource string) bool { return resource == only }
		_, err := w.up()
		wantNoError(t, err)
	}
	w := newWorld(t)
	w.missing = func(_, resource string) bool { return resource == "pods/proxy" || resource == "pods/portforward" }
	_, err := w.up()
	wantError(t, err, Failed, "you may not reach pods, by get pods/proxy or create pods/portforward")
	wroteNothing(t, w)
}

func TestUp_namesMissingPermissionsForVolumesBeforeItWrites(t *testing.T) {
	w := newWorldWithout(t, "")
	w.missing = func(_, resource string) bool { return resource == "persistentvolumes" }
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantError(t, err, Failed, "you may not list persistentvolumes (whole cluster)")
	wroteNothing(t, w)
}

func TestUp_saysThatTheNamespaceIsNotThere(t *testing.T) {
	w := newWorldWithout(t, "default")
	_, err := w.up()
	if own := theError(t, err, Failed, "namespace default: not found"); own.Next == "" {
		t.Error("no next step")
	}
	wroteNothing(t, w)
}

func TestUp_makesTheNamespaceWhenAsked(t *testing.T) {
	w := newWorld(t)
	_, err := w.upOf(Target{"new", "db"}, func(o *UpOptions) { o.Namespace = CreateNamespace })
	wantNoError(t, err)
	if _, err := w.api.CoreV1().Namespaces().Get(t.Context(), "new", metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestUp_saysThatTheNamespaceIsBeingDeleted(t *testing.T) {
	deleting := metav1.Now()
	w := newWorldWithout(t, "default", &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "default", UID: types.UID("ns"), DeletionTimestamp: &deleting, Finalizers: []string{"kubernetes"},
	}})
	_, err := w.up()
	wantError(t, err, Failed, "namespace default: is being deleted")
	wroteNothing(t, w)
}

func TestUp_refusesAMixtureOfTwoClusters(t *testing.T) {
	w := serving(t)
	claims := w.api.CoreV1().PersistentVolumeClaims("default")
	claim, err := claims.Get(t.Context(), "datadir-cockroachdb-1", metav1.GetOptions{})
	wantNoError(t, err)
	claim.Annotations[cockroach.AnnotationClusterID] = clusterB
	_, err = claims.Update(t.Context(), claim, metav1.UpdateOptions{})
	wantNoError(t, err)
	w.writes()
	_, err = w.up()
	wantError(t, err, Refused, "different clusters")
	wroteNothing(t, w)
}

func TestUp_saysWhoHoldsTheLock(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := w.run()
	defer cancel()
	other := kube.Holder{Command: "down", Host: "elsewhere", PID: 4711, Token: "another"}
	_, lock, err := w.client.Lock(ctx, kube.LockOptions{Namespace: "default", Name: "cockroachdb-lock", Holder: other})
	wantNoError(t, err)
	defer lock.Release()
	_, err = w.up()
	var locked *kube.LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != 4711 {
		t.Errorf("got %v", err)
	}
	wroteNothing(t, w)
	_, err = w.up(func(o *UpOptions) { o.Lock.Wait = 10 * time.Millisecond })
	if !errors.As(err, &locked) {
		t.Errorf("with a wait: %v", err)
	}
}
