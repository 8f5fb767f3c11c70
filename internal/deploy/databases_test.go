package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// The identities that the first and the second init of a world give.
const (
	clusterA = "63dcc5b7-e564-4d04-9b99-55e87fe32bb3"
	clusterB = "7b1f0c9a-2f0e-4d0c-8a55-0d8f6f3f9b11"
)

var errCutOff = errors.New("connection reset by peer")

// Get answers as a pod's database does.
func (w *world) Get(_ context.Context, at kube.Endpoint) (kube.Answer, error) {
	if err := w.pass(); err != nil {
		return kube.Answer{}, err
	}
	w.talk("get pods/proxy " + at.Path)
	pod := w.pod(at.Namespace, at.Pod)
	if pod == nil || len(pod.Status.ContainerStatuses) == 0 || pod.Status.ContainerStatuses[0].State.Running == nil {
		return kube.Answer{}, kube.ErrNotAnswering
	}
	id := w.store(at.Namespace, at.Pod)
	switch {
	case at.Path == cockroach.VarsPath && id != "":
		return kube.Answer{Status: 200, Body: []byte(w.vars(pod))}, nil
	case at.Path == cockroach.IdentityPath && id != "" && !w.login && at.Scheme != "https":
		return kube.Answer{Status: 200, Body: []byte(`{"clusterId": "` + id + `","reportingEnabled": false}`)}, nil
	case at.Path == cockroach.IdentityPath && id != "":
		return kube.Answer{Status: 401}, nil
	case at.Path == cockroach.VarsPath || at.Path == cockroach.IdentityPath:
		return kube.Answer{Status: 404}, nil
	case id != "":
		return kube.Answer{Status: 200, Body: []byte("{\n\n}")}, nil
	}
	return kube.Answer{Status: 503, Body: []byte(`{"error": "node is waiting for cluster initialization","code": 14,"message": "node is waiting for cluster initialization","details": []}`)}, nil
}

func (w *world) vars(pod *corev1.Pod) string {
	live, all := 0, 0
	for _, name := range w.peers(pod.Namespace, clusterOf(pod.Name)) {
		all++
		if peer := w.pod(pod.Namespace, name); peer != nil && diagnose.PodReady(peer) {
			live++
		}
	}
	w.mu.Lock()
	under := w.under
	w.mu.Unlock()
	if live < all {
		under = 12
	}
	expires := int64(0)
	if cert := w.shows(pod.Namespace, pod.Name); cert != nil {
		expires = cert.NotAfter.Unix()
	}
	ordinal, _ := strconv.Atoi(strings.TrimPrefix(pod.Name, clusterOf(pod.Name)+"-"))
	return fmt.Sprintf(`node_id %d
liveness_livenodes %d
replicas{store="1"} 36
ranges{store="1"} 12
ranges_unavailable{store="1"} 0
ranges_underreplicated{store="1"} %d
capacity_used{store="1"} 6.3963136e+07
build_timestamp{tag="v26.2.5"} 1.78e+09
security_certificate_expiration_node %d
`, ordinal+1, live, under, expires)
}

// Exec knows init and the question for the cluster's ID.
func (w *world) Exec(_ context.Context, command kube.Command) (int, error) {
	if err := w.pass(); err != nil {
		return 1, err
	}
	w.talk("create pods/exec")
	if command.Args[0] == "/bin/sh" {
		return w.shell(command)
	}
	if command.Stdin != nil {
		return w.script(command)
	}
	id := w.store(command.Namespace, command.Pod)
	if slices.Contains(command.Args, "init") {
		w.mu.Lock()
		w.asked++
		w.mu.Unlock()
	}
	switch {
	case !slices.Contains(command.Args, "init") && id != "":
		fmt.Fprintf(command.Stdout, "crdb_internal.cluster_id\n%s\n", id)
		return 0, nil
	case !slices.Contains(command.Args, "init"):
		fmt.Fprintln(command.Stderr, "ERROR: cannot dial server.")
		return 1, nil
	case id != "":
		fmt.Fprintln(command.Stderr, "ERROR: cluster has already been initialized")
		return 1, nil
	}
	w.initialise(command.Namespace, command.Pod)
	if w.afterInit != nil {
		return 1, w.afterInit
	}
	fmt.Fprintln(command.Stdout, "Cluster successfully initialized")
	return 0, nil
}

// initialise makes a new cluster of all pods whose stores are empty.
func (w *world) initialise(namespace, pod string) {
	w.mu.Lock()
	id := []string{clusterA, clusterB}[w.inits%2]
	w.inits++
	w.mu.Unlock()
	for _, name := range w.peers(namespace, clusterOf(pod)) {
		w.setStore(namespace, name, id)
		w.setReady(namespace, name)
	}
}

// join makes a new pod ready if its store, or one of its peers, is part of a
// cluster. The pod is not stored yet.
func (w *world) join(pod *corev1.Pod) {
	id := w.store(pod.Namespace, pod.Name)
	for _, name := range w.peers(pod.Namespace, clusterOf(pod.Name)) {
		if id == "" {
			id = w.store(pod.Namespace, name)
		}
	}
	if id != "" {
		w.setStore(pod.Namespace, pod.Name, id)
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
}

// emptyStores takes all data away but leaves the claims.
func (w *world) emptyStores() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.stores)
}

func clusterOf(pod string) string { return pod[:strings.LastIndex(pod, "-")] }

// peers are the pods of a cluster that have claims.
func (w *world) peers(namespace, cluster string) []string {
	var names []string
	for i := range 5 {
		name := fmt.Sprintf("%s-%d", cluster, i)
		if w.claim(namespace, name) != "" {
			names = append(names, name)
		}
	}
	return names
}

func (w *world) pod(namespace, name string) *corev1.Pod {
	found, _ := w.tracker.Get(podResource(), namespace, name)
	pod, _ := found.(*corev1.Pod)
	return pod
}

// claim is the UID of a pod's claim; empty: there is none.
func (w *world) claim(namespace, pod string) types.UID {
	found, _ := w.tracker.Get(claimResource(), namespace, "datadir-"+pod)
	if claim, ok := found.(*corev1.PersistentVolumeClaim); ok && claim != nil {
		return claim.UID
	}
	return ""
}

func (w *world) store(namespace, pod string) string {
	uid := w.claim(namespace, pod)
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stores[uid]
}

func (w *world) setStore(namespace, pod, id string) {
	uid := w.claim(namespace, pod)
	w.mu.Lock()
	defer w.mu.Unlock()
	if uid != "" {
		w.stores[uid] = id
	}
}

func (w *world) setReady(namespace, name string) {
	pod := w.pod(namespace, name)
	if pod == nil {
		return
	}
	pod = pod.DeepCopy()
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	if err := w.tracker.Update(podResource(), pod, namespace); err != nil {
		w.Error(err)
	}
}
