package deploy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func (w *world) lookingAhead(change []func(*UpOptions)) UpOptions {
	opts := UpOptions{Context: "test", DefaultImage: cockroach.DefaultImage, Incarnation: fmt.Sprintf("%08x", w.next()), Now: time.Now}
	for _, f := range change {
		f(&opts)
	}
	w.api.ClearActions()
	return opts
}

// diff compares and wants that nothing was written.
func (w *world) diff(change ...func(*UpOptions)) (Diff, error) {
	w.Helper()
	opts := w.lookingAhead(change)
	ctx, cancel := w.run()
	defer cancel()
	d, err := GetDiff(ctx, w.client, target(), opts)
	w.wroteNothingAtAll()
	return d, err
}

// wroteNothingAtAll is wroteNothing with the lock.
func (w *world) wroteNothingAtAll() {
	w.Helper()
	for _, action := range w.api.Actions() {
		if action.GetResource().Resource == "leases" {
			w.Errorf("%s of a lease", action.GetVerb())
		}
	}
	wroteNothing(w.T, w)
}

// lines are the objects that would change, and their fields.
func (d Diff) lines() []string {
	lines := []string{}
	for _, o := range d.Objects {
		if o.Action != ActionUnchanged {
			lines = append(lines, fmt.Sprintf("%s %s", o.Ref, o.Action))
		}
		for _, f := range o.Fields {
			lines = append(lines, fmt.Sprintf("  %s %s: %v -> %v", f.Way, f.Path, f.From, f.To))
		}
		for _, f := range o.Alone {
			lines = append(lines, fmt.Sprintf("  alone %s: %v", f.Path, f.Value))
		}
	}
	return lines
}

func wantLines(t *testing.T, d Diff, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, d.lines()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d.Differs() != slices.ContainsFunc(want, func(line string) bool { return !strings.HasPrefix(line, " ") }) {
		t.Errorf("differs: %v", d.Differs())
	}
}

func newObjects() []string {
	return []string{
		"configmap/cockroachdb-cluster created",
		"persistentvolumeclaim/datadir-cockroachdb-0 created",
		"persistentvolumeclaim/datadir-cockroachdb-1 created",
		"persistentvolumeclaim/datadir-cockroachdb-2 created",
		"secret/cockroachdb-ca created",
		"secret/cockroachdb-certs created",
		"secret/cockroachdb-app created",
		"service/cockroachdb created",
		"service/cockroachdb-public created",
		"poddisruptionbudget/cockroachdb-budget created",
		"statefulset/cockroachdb created",
	}
}

func TestDiff_listsWhatANewClusterGets(t *testing.T) {
	w := newWorld(t)
	d, err := w.diff()
	wantNoError(t, err)
	wantLines(t, d, newObjects()...)
}

func TestDiff_countsANamespaceThatIsStillToBeMade(t *testing.T) {
	w := newWorldWithout(t, "default", standardClass())
	_, err := w.diff()
	wantError(t, err, Failed, "namespace default: not found")
	d, err := w.diff(func(o *UpOptions) { o.Namespace = CreateNamespace })
	wantNoError(t, err)
	wantLines(t, d, append([]string{"namespace/default created"}, newObjects()...)...)
}

func TestDiff_findsNothingRightAfterUp(t *testing.T) {
	for name, options := range map[string]func(*UpOptions){
		"a class":     func(*UpOptions) {},
		"own volumes": wish(Wish{HostPath: new("/data")}),
		"insecure":    wish(Wish{Security: new(cockroach.Insecure)}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.up(options)
			wantNoError(t, err)
			d, err := w.diff()
			wantNoError(t, err)
			wantLines(t, d)
			_, err = w.down(Unasked)
			wantNoError(t, err)
			d, err = w.diff()
			wantNoError(t, err)
			wantLines(t, d, newObjects()[7:]...)
		})
	}
}

func TestDiff_tellsWhatOthersChangedAndWhatTheyAdded(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) {
		set.Spec.Replicas = new(int32(2))
		set.Annotations = map[string]string{"example.com/team": "blue"}
		set.Spec.Template.Spec.Containers[0].Image = "other:v1"
	})
	d, err := w.diff()
	wantNoError(t, err)
	fields := []string{
		"  changed spec.replicas: 2 -> 3",
		"  changed spec.template.spec.containers[name=cockroachdb].image: other:v1 -> " + cockroach.DefaultImage,
		"  changed spec.updateStrategy.rollingUpdate.partition: 0 -> 3",
		"  alone metadata.annotations[example.com/team]: blue",
	}
	wantLines(t, d, append([]string{"statefulset/cockroachdb conflict"}, fields...)...)
	if !d.Conflicts() || !slices.Contains(d.Notes, heldBack) {
		t.Errorf("conflicts %v, notes %q", d.Conflicts(), d.Notes)
	}
	d, err = w.diff(takeOver)
	wantNoError(t, err)
	wantLines(t, d, append([]string{"statefulset/cockroachdb configured"}, fields...)...)
	_, err = w.up(takeOver)
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Status.CurrentRevision, set.Status.UpdateRevision = "old", "new" })
	d, err = w.diff()
	wantNoError(t, err)
	wantLines(t, d, fields[3])
}

func TestDiff_tellsOfPodsThatOthersAddedAndThatUpRefuses(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Spec.Replicas = new(int32(5)) })
	d, err := w.diff()
	wantNoError(t, err)
	wantLines(t, d, "statefulset/cockroachdb conflict", "  changed spec.replicas: 5 -> 3")
	if d.Refusal == nil || !strings.Contains(d.Refusal.Message, "was scaled to 5 pods") {
		t.Errorf("refusal %v", d.Refusal)
	}
	_, err = w.render(LeaveSecrets)
	wantError(t, err, Refused, "was scaled to 5 pods")
}

func TestDiff_refusesAsUpDoes(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.diff(wish(Wish{Image: new("cockroachdb/cockroach:v99.1.0")}))
	wantError(t, err, Refused, "v99.1.0 cannot follow v26.2.5")
	_, err = w.render(LeaveSecrets, wish(Wish{Nodes: new(1)}))
	wantError(t, err, Refused, "3 nodes cannot become 1")
}

func TestDiff_tellsOfASecretThatItChangesAndNotHow(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	secrets := w.api.CoreV1().Secrets("default")
	app, err := secrets.Get(t.Context(), "cockroachdb-app", metav1.GetOptions{})
	wantNoError(t, err)
	app.Data["host"] = []byte("elsewhere")
	app.Annotations["example.com/note"] = "secret as well"
	_, err = secrets.Update(t.Context(), app, metav1.UpdateOptions{FieldManager: "somebody"})
	wantNoError(t, err)
	d, err := w.diff(takeOver)
	wantNoError(t, err)
	wantLines(t, d, "secret/cockroachdb-app configured", "  changed data.host: <nil> -> <nil>", "  alone metadata.annotations[example.com/note]: <nil>")
}

func TestDiff_saysThatALostVolumeIsBoundAgain(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(wish(Wish{HostPath: new("/data")}))
	wantNoError(t, err)
	volumes := w.api.CoreV1().PersistentVolumes()
	all, err := volumes.List(t.Context(), metav1.ListOptions{})
	wantNoError(t, err)
	lost := &all.Items[0]
	lost.Spec.ClaimRef.UID, lost.Status.Phase = "gone", corev1.VolumeReleased
	_, err = volumes.Update(t.Context(), lost, metav1.UpdateOptions{})
	wantNoError(t, err)
	d, err := w.diff()
	wantNoError(t, err)
	wantLines(t, d, "persistentvolume/"+lost.Name+" configured", "  removed spec.claimRef.uid: gone -> <nil>")
}

func TestLookingAhead_needsNoMoreThanItAsks(t *testing.T) {
	w := newWorld(t)
	w.missing = func(verb, resource string) bool { return verb != "get" && verb != "list" || resource == "leases" }
	_, err := w.render(LeaveSecrets)
	wantNoError(t, err)
	_, err = w.diff()
	wantError(t, err, Failed, "you may not", "create statefulsets", "patch secrets")
	if strings.Contains(err.Error(), "leases") || strings.Contains(err.Error(), "exec") {
		t.Errorf("asks for what it does not need: %v", err)
	}
	role := allPermissions()
	for _, one := range comparing.needs(upPermissions()) {
		if !slices.Contains(role, one) {
			t.Errorf("%s is not in the Role", one)
		}
	}
}

func TestUp_appliesAPatchOfTheSetsAnnotationsWhileTheDatabaseRuns(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	patch := "kind: StatefulSet\nmetadata: {annotations: {team: blue}}\n"
	d, err := w.diff(wish(Wish{Patch: new(patch)}))
	wantNoError(t, err)
	wantLines(t, d, "configmap/cockroachdb-cluster configured", `  added data.patch: <nil> -> `+patch,
		"statefulset/cockroachdb configured", "  added metadata.annotations.team: <nil> -> blue")
	_, err = w.up(wish(Wish{Patch: new(patch)}))
	wantNoError(t, err)
	if got := w.set().Annotations["team"]; got != "blue" {
		t.Errorf("annotation %q", got)
	}
}

func TestDiff_isTheSameWhicheverUnitsAreNamed(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(wish(Wish{Memory: quantity("4Gi")}))
	wantNoError(t, err)
	d, err := w.diff(wish(Wish{Memory: quantity("4096Mi")}))
	wantNoError(t, err)
	wantLines(t, d)
}
