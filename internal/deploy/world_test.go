package deploy

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/applyconfigurations"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// world is an API server of client-go's own making, with just enough of a
// controller, kubelets and databases behind it for the order of the steps.
// What it cannot show (UID preconditions, finalizers, immutability) is shown
// on a real Kubernetes.
//
// What a store holds hangs on its claim's UID, so that data lives exactly as
// long as its claim.
type world struct {
	*testing.T
	api     *fake.Clientset
	tracker clienttesting.ObjectTracker
	client  *kube.Client

	mu     sync.Mutex
	stores map[types.UID]string // by claim: the ID of the cluster that it is part of
	inits  int                  // that made a cluster
	asked  int                  // for an init, successful or not
	count  int
	events []progress.Event
	now    func() time.Time // of down
	// afterInit is what an init that succeeded seems to end with.
	afterInit error
	// login: the identity is told over HTTP only to those who have logged in.
	login bool
	// missing says which permissions the user does not have; nil: none.
	missing func(verb, resource string) bool
	// loaded are the certificates that pods use; noForward is why nobody may see
	// them. deaf is how many reloads go unheard, reloads how many came.
	loaded        map[string]*x509.Certificate
	noForward     error
	deaf, reloads int
	// scripts came on stdin; badSQL is what the database says to them.
	scripts []string
	badSQL  string
	// lostScript is how the connection ends under a script.
	lostScript error
	// left is how many more requests get through; negative: all.
	left int
	cut  func()
	// requests is how many there were, watches counted once.
	requests int
	// talked are those to the pods.
	talked []string
	// dials opens a connection to a pod; nil: nothing answers.
	dials func(at kube.Endpoint) (net.Conn, error)
	// under is how many under-replicated ranges each pod tells of.
	under int
}

func newWorld(t *testing.T, objects ...runtime.Object) *world {
	t.Helper()
	return newWorldWithout(t, "", append(objects, standardClass())...)
}

func standardClass() *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "standard", Annotations: map[string]string{annotationDefaultClass: "true"}}}
}

// newWorldWithout makes a world without a StorageClass and without one
// namespace.
func newWorldWithout(t *testing.T, namespace string, objects ...runtime.Object) *world {
	t.Helper()
	for _, name := range []string{"default", "other"} {
		if name != namespace {
			objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("ns-" + name)}})
		}
	}
	objects = append(objects, machineNode("m1", "4", "32Gi"))
	w := &world{T: t, api: fake.NewClientset(), tracker: newTracker(t), stores: map[types.UID]string{}, left: -1, now: time.Now}
	for _, object := range objects {
		wantNoError(t, w.tracker.Add(object))
	}
	w.client = kube.NewWith(w.api, w)
	if discovery, ok := w.api.Discovery().(*fakediscovery.FakeDiscovery); ok {
		discovery.FakedServerVersion = &version.Info{Major: "1", Minor: "37", GitVersion: "v1.37.2"}
	}
	w.api.PrependReactor("*", "*", clienttesting.ObjectReaction(w.tracker))
	w.api.PrependWatchReactor("*", w.watch)
	w.api.PrependReactor("create", "*", w.write)
	w.api.PrependReactor("patch", "*", w.write)
	w.api.PrependReactor("create", "selfsubjectrulesreviews", w.rules)
	w.api.PrependReactor("create", "selfsubjectaccessreviews", w.access)
	w.api.PrependReactor("*", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		err := w.pass()
		return err != nil, nil, err
	})
	return w
}

// newTracker stores what the clientset's own would, but knows only the kinds
// that matter here: the clientset's makes a map of all kinds at every write.
func newTracker(t *testing.T) clienttesting.ObjectTracker {
	t.Helper()
	known, err := knownKinds()
	wantNoError(t, err)
	return clienttesting.NewFieldManagedObjectTracker(known.scheme, known.decoder, known.types)
}

type knowledge struct {
	scheme  *runtime.Scheme
	decoder runtime.Decoder
	types   managedfields.TypeConverter
}

var knownKinds = sync.OnceValues(func() (knowledge, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, coordinationv1.AddToScheme, corev1.AddToScheme, policyv1.AddToScheme, storagev1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return knowledge{}, err
		}
	}
	metav1.AddToGroupVersion(scheme, corev1.SchemeGroupVersion)
	return knowledge{scheme, serializer.NewCodecFactory(scheme).UniversalDecoder(), applyconfigurations.NewTypeConverter(scheme)}, nil
})

func (w *world) watch(action clienttesting.Action) (bool, watch.Interface, error) {
	if err := w.pass(); err != nil {
		return true, nil, err
	}
	events, err := w.tracker.Watch(action.GetResource(), action.GetNamespace())
	return true, events, err
}

func machineNode(name, cpu, memory string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}},
		Status: corev1.NodeStatus{
			Allocatable: corev1.ResourceList{"cpu": resource.MustParse(cpu), "memory": resource.MustParse(memory)},
			Conditions:  []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}
}

// write stores an object and gives it a UID and, if it has changed, a new
// resourceVersion, as a real server does; the fake does neither. Pods follow
// at once from a StatefulSet, a pod that makes or wipes a directory has done so
// at once, and a volume is there to be had.
func (w *world) write(action clienttesting.Action) (bool, runtime.Object, error) {
	name := ""
	if patch, ok := action.(clienttesting.PatchAction); ok {
		name = patch.GetName()
	}
	before, _ := w.tracker.Get(action.GetResource(), action.GetNamespace(), name)
	if patch, ok := action.(clienttesting.PatchActionImpl); ok && len(patch.PatchOptions.DryRun) > 0 {
		copied := newTracker(w.T)
		if before != nil {
			wantNoError(w.T, copied.Add(before.DeepCopyObject()))
		}
		return clienttesting.ObjectReaction(copied)(action)
	}
	handled, object, err := clienttesting.ObjectReaction(w.tracker)(action)
	made, ok := object.(metav1.Object)
	if err != nil || !ok || action.GetSubresource() != "" {
		return handled, object, err
	}
	if made.GetUID() == "" {
		made.SetUID(w.uid())
	}
	made.SetResourceVersion(strconv.Itoa(w.next()))
	if old, ok := before.(metav1.Object); ok && before != nil {
		changed := object.DeepCopyObject().(metav1.Object)
		changed.SetResourceVersion(old.GetResourceVersion())
		changed.SetManagedFields(old.GetManagedFields())
		if reflect.DeepEqual(before, changed) {
			return true, before, nil
		}
	}
	switch object := object.(type) {
	case *corev1.Pod:
		if object.Labels[cockroach.LabelPurpose] != "" {
			object.Status.Phase = corev1.PodSucceeded
		}
	case *corev1.PersistentVolume:
		object.Status.Phase = corev1.VolumeAvailable
	}
	if err := w.tracker.Update(action.GetResource(), object, action.GetNamespace()); err != nil {
		return true, nil, err
	}
	if set, ok := object.(*appsv1.StatefulSet); ok {
		w.makePods(set)
	}
	return handled, object, nil
}

func (w *world) next() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	return w.count
}

func (w *world) uid() types.UID { return types.UID(fmt.Sprintf("uid-%d", w.next())) }

func podResource() schema.GroupVersionResource { return corev1.SchemeGroupVersion.WithResource("pods") }

func claimResource() schema.GroupVersionResource {
	return corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims")
}

// makePods makes those that are missing. A pod whose store is empty joins its
// peers if one of them is part of a cluster.
func (w *world) makePods(set *appsv1.StatefulSet) {
	for i := range int(*set.Spec.Replicas) {
		name := fmt.Sprintf("%s-%d", set.Name, i)
		if found, _ := w.tracker.Get(podResource(), set.Namespace, name); found != nil {
			continue
		}
		uid := w.uid()
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: set.Namespace, Labels: set.Spec.Template.Labels, UID: uid, CreationTimestamp: metav1.Now()},
			Spec:       corev1.PodSpec{NodeName: "m1", Containers: set.Spec.Template.Spec.Containers},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
				ContainerID: "c://" + string(uid),
				State:       corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
			}}},
		}
		w.join(pod)
		w.load(set.Namespace, name)
		if err := w.tracker.Create(podResource(), pod, set.Namespace); err != nil {
			w.Error(err)
		}
	}
}

// pass lets a request through, or cuts it and all after it off.
func (w *world) pass() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	switch {
	case w.left < 0:
		return nil
	case w.left > 0:
		w.left--
		return nil
	}
	w.cut()
	return context.Canceled
}

// rules allows everything, or tells nothing where the user lacks something.
func (w *world) rules(action clienttesting.Action) (bool, runtime.Object, error) {
	review := action.(clienttesting.CreateAction).GetObject().DeepCopyObject().(*authorizationv1.SelfSubjectRulesReview)
	if w.missing == nil {
		review.Status.ResourceRules = []authorizationv1.ResourceRule{{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}}
	}
	return true, review, nil
}

func (w *world) access(action clienttesting.Action) (bool, runtime.Object, error) {
	review := action.(clienttesting.CreateAction).GetObject().DeepCopyObject().(*authorizationv1.SelfSubjectAccessReview)
	asked := review.Spec.ResourceAttributes
	resource := strings.TrimSuffix(asked.Resource+"/"+asked.Subresource, "/")
	review.Status.Allowed = w.missing == nil || !w.missing(asked.Verb, resource)
	return true, review, nil
}
