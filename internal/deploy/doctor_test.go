package deploy

import (
	"slices"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func (w *world) checkUp(change ...func(*UpOptions)) Checkup {
	w.Helper()
	opts := UpOptions{Context: "here", DefaultImage: cockroach.DefaultImage, Now: time.Now, Grace: DefaultGrace}
	for _, one := range change {
		one(&opts)
	}
	before := w.count
	checkup, err := CheckUp(w.Context(), w.client, target(), opts)
	wantNoError(w.T, err)
	if w.count != before {
		w.Error("something was written")
	}
	return checkup
}

func (c Checkup) find(id string) Checked {
	i := slices.IndexFunc(c.Checks, func(one Checked) bool { return one.ID == id })
	if i < 0 {
		return Checked{}
	}
	return c.Checks[i]
}

func list(quantities ...string) corev1.ResourceList {
	all := corev1.ResourceList{}
	for i := 0; i < len(quantities); i += 2 {
		all[corev1.ResourceName(quantities[i])] = resource.MustParse(quantities[i+1])
	}
	return all
}

func inDefault(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: "default"}
}

func TestCheckUp_findsWhatWouldKeepUpFromItsEnd(t *testing.T) {
	for _, test := range []struct {
		name    string
		objects []runtime.Object
		options func(*UpOptions)
		lacks   func(verb, resource string) bool
		id      string
		outcome Outcome
		words   string
	}{
		{name: "nothing", id: "server", outcome: Passed, words: "v1.37.2"},
		{name: "the class", id: "storage-class", outcome: Passed, words: "standard"},
		{name: "the licence", id: "licence", outcome: Warning, words: "5 transactions"},
		{name: "one node needs none", options: func(o *UpOptions) { o.Wish.Nodes = new(1) }, id: "licence", outcome: Passed, words: "none"},
		{name: "a right", lacks: func(verb, resource string) bool { return verb == "patch" && resource == "secrets" }, id: "permissions", outcome: Failing, words: "secrets: patch"},
		{name: "one of two ways", lacks: func(_, resource string) bool { return resource == "pods/proxy" }, id: "permissions", outcome: Passed},
		{name: "neither way", lacks: func(_, resource string) bool { return resource == "pods/proxy" || resource == "pods/portforward" }, id: "permissions", outcome: Failing, words: "2 rights"},
		{name: "room", options: func(o *UpOptions) { o.Wish.Memory = new(resource.MustParse("20Gi")) }, id: "room", outcome: Failing, words: "room for 1 now"},
		{name: "the node's room is told", options: func(o *UpOptions) { o.Wish.Memory = new(resource.MustParse("20Gi")) }, id: "room", outcome: Failing, words: "m1: 4 CPU and 32.0Gi free"},
		{name: "a class that is not there", options: func(o *UpOptions) { o.Wish.StorageClass = new("fast") }, id: "storage-class", outcome: Failing, words: "--storage-class"},
		{name: "what hangs on it", options: func(o *UpOptions) { o.Wish.StorageClass = new("fast") }, id: "room", outcome: Skipped, words: "see storage-class"},
		{
			name:    "quota",
			objects: []runtime.Object{&corev1.ResourceQuota{ObjectMeta: inDefault("team"), Status: corev1.ResourceQuotaStatus{Hard: list("pods", "4", "requests.memory", "1Ti"), Used: list("pods", "2")}}},
			id:      "quota", outcome: Failing, words: "pods: 3 asked for, 2 of 4 used (team)",
		},
		{
			name:    "quota that is enough",
			objects: []runtime.Object{&corev1.ResourceQuota{ObjectMeta: inDefault("team"), Status: corev1.ResourceQuotaStatus{Hard: list("pods", "5"), Used: list("pods", "2")}}},
			id:      "quota", outcome: Passed, words: "1 ResourceQuota",
		},
		{
			name:    "quota of a limit that the pods do not have",
			objects: []runtime.Object{&corev1.ResourceQuota{ObjectMeta: inDefault("team"), Status: corev1.ResourceQuotaStatus{Hard: list("limits.cpu", "500")}}},
			id:      "quota", outcome: Failing, words: "no CPU limit",
		},
		{
			name: "limit range",
			objects: []runtime.Object{&corev1.LimitRange{ObjectMeta: inDefault("small"), Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{
				{Type: corev1.LimitTypePersistentVolumeClaim, Max: list("storage", "5Gi")},
			}}}},
			id: "limit-range", outcome: Failing, words: "storage of a PersistentVolumeClaim: 10Gi asked for",
		},
		{
			name:    "somebody else's Service",
			objects: []runtime.Object{&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "cockroachdb-public", Namespace: "default", UID: "theirs"}}},
			id:      "left-overs", outcome: Failing, words: "cockroachdb-public",
		},
		{
			name: "the lock",
			objects: []runtime.Object{&coordinationv1.Lease{ObjectMeta: inDefault("cockroachdb-lock"), Spec: coordinationv1.LeaseSpec{
				HolderIdentity: new("up@laptop/4711/token"), RenewTime: &metav1.MicroTime{Time: time.Now()}, AcquireTime: &metav1.MicroTime{Time: time.Now()},
			}}},
			id: "lock", outcome: Warning, words: "up on laptop (pid 4711",
		},
		{
			name: "a lock that nobody renews",
			objects: []runtime.Object{&coordinationv1.Lease{ObjectMeta: inDefault("cockroachdb-lock"), Spec: coordinationv1.LeaseSpec{
				HolderIdentity: new("up@laptop/4711/token"), RenewTime: &metav1.MicroTime{Time: time.Now().Add(-time.Minute)},
			}}},
			id: "lock", outcome: Passed, words: "free",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, test.objects...)
			w.missing = test.lacks
			var changes []func(*UpOptions)
			if test.options != nil {
				changes = append(changes, test.options)
			}
			checkup := w.checkUp(changes...)
			got := checkup.find(test.id)
			all := strings.Join(append([]string{got.Text, got.Next}, got.Evidence...), "\n")
			if got.Outcome != test.outcome || !strings.Contains(all, test.words) {
				t.Errorf("%+v, want %s and %q", got, test.outcome, test.words)
			}
			if checkup.Failed() != (test.outcome == Failing || test.words == "see storage-class") {
				t.Errorf("failed: %t, %+v", checkup.Failed(), checkup.Checks)
			}
		})
	}
}

func TestCheckUp_ofAClusterThatRunsIsContent(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	checkup := w.checkUp()
	if got := checkup.find("left-overs"); checkup.Failed() || !strings.Contains(got.Text, "exists") {
		t.Errorf("%+v", checkup.Checks)
	}
}

func TestCheckUp_whereTheNamespaceIsMissingSaysSo(t *testing.T) {
	w := newWorldWithout(t, "default")
	if got := w.checkUp().find("namespace"); got.Outcome != Failing || !strings.Contains(got.Next, "--create-namespace") {
		t.Errorf("%+v", got)
	}
	if got := w.checkUp(func(o *UpOptions) { o.Namespace = CreateNamespace }).find("namespace"); got.Outcome != Passed {
		t.Errorf("%+v", got)
	}
}
