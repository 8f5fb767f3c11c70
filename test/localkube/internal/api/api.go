// Package api asks the API server of a cluster what its start waits for, and
// makes the few objects that every cluster has.
package api

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/control"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/storage"
)

// Connect makes a client from a kubeconfig file.
func Connect(kubeconfig string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 200, 400
	config.UserAgent = "localkube"
	return kubernetes.NewForConfig(config)
}

// Ready is nil when the API server serves and has written the roles that
// the other components need; else it says what is not so yet.
func Ready(ctx context.Context, client kubernetes.Interface) error {
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx); err != nil {
		return fmt.Errorf("/readyz: %w", short(err))
	}
	const binding = "system::extension-apiserver-authentication-reader"
	if _, err := client.RbacV1().RoleBindings("kube-system").Get(ctx, binding, metav1.GetOptions{}); err != nil {
		return fmt.Errorf("role binding %s: %w", binding, short(err))
	}
	return nil
}

// short cuts what client-go says of a refused connection to the point.
func short(err error) error {
	text := err.Error()
	if strings.Contains(text, "connection refused") {
		return errors.New("connection refused")
	}
	// /readyz lists all its checks; those that failed begin with a minus.
	if _, failed, found := strings.Cut(text, "[-]"); found {
		failed, _, _ = strings.Cut(failed, "\n")
		return errors.New(strings.TrimSpace(failed))
	}
	return err
}

// NamespaceReady is nil when pods can be made in the namespace default.
func NamespaceReady(ctx context.Context, client kubernetes.Interface) error {
	if _, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{}); err != nil {
		return fmt.Errorf("service account default: %w", short(err))
	}
	if _, err := client.CoreV1().ConfigMaps("default").Get(ctx, "kube-root-ca.crt", metav1.GetOptions{}); err != nil {
		return fmt.Errorf("config map kube-root-ca.crt: %w", short(err))
	}
	return nil
}

// NotReady lists the machines that are not Ready.
func NotReady(ctx context.Context, client kubernetes.Interface, s *state.State) ([]string, error) {
	return without(ctx, client, s, func(corev1.Node) bool { return true })
}

// Closed lists the machines on which no pod starts: those that are not Ready,
// or still carry the taint of one that is not. It goes a moment after the
// condition, and may come back for some seconds, when the controller that
// writes it reads what was true before.
func Closed(ctx context.Context, client kubernetes.Interface, s *state.State) ([]string, error) {
	return without(ctx, client, s, func(n corev1.Node) bool {
		return !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
	})
}

// without lists the machines that are not both Ready and as they should be.
func without(ctx context.Context, client kubernetes.Interface, s *state.State, good func(corev1.Node) bool) ([]string, error) {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return nil, short(err)
	}
	ready := map[string]bool{}
	for _, n := range nodes.Items {
		for _, c := range n.Status.Conditions {
			if c.Type == corev1.NodeReady {
				ready[n.Name] = c.Status == corev1.ConditionTrue && good(n)
			}
		}
	}
	var not []string
	for _, m := range s.Machines {
		if !ready[m.Name] {
			not = append(not, m.Name)
		}
	}
	for i := range s.Simulated {
		if name := SimulatedName(i); !ready[name] {
			not = append(not, name)
		}
	}
	return not, nil
}

// SimulatedName is the name of the simulated machine with this index, from 0.
func SimulatedName(i int) string { return fmt.Sprintf("simulated-%d", i+1) }

// Furnish makes the objects that the cluster starts with: the DNS Service, the
// StorageClass and the simulated machines.
func Furnish(ctx context.Context, client kubernetes.Interface, s *state.State) error {
	if class := storage.Class(s.Storage); class != nil {
		if _, err := client.StorageV1().StorageClasses().Create(ctx, class, metav1.CreateOptions{}); fault(err) {
			return fmt.Errorf("storage class %s: %w", class.Name, err)
		}
	}
	if len(s.Machines) > 0 {
		if err := makeDNS(ctx, client, s); err != nil {
			return fmt.Errorf("service kube-dns: %w", err)
		}
		if err := trustKubelets(ctx, client); err != nil {
			return fmt.Errorf("cluster role binding of the kubelets: %w", err)
		}
	}
	for i := range s.Simulated {
		if _, err := client.CoreV1().Nodes().Create(ctx, simulated(s, i), metav1.CreateOptions{}); fault(err) {
			return fmt.Errorf("machine %s: %w", SimulatedName(i), err)
		}
	}
	return nil
}

func fault(err error) bool { return err != nil && !apierrors.IsAlreadyExists(err) }

// trustKubelets gives kubelets by role what the node authorizer gives them one
// object at a time. That one hears of a claim's binding by a watch; where the
// kubelet is quicker, it is refused and tries again only after 10 s.
func trustKubelets(ctx context.Context, client kubernetes.Interface) error {
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "localkube:kubelets"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "system:node"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:nodes"}},
	}
	if _, err := client.RbacV1().ClusterRoleBindings().Create(ctx, binding, metav1.CreateOptions{}); fault(err) {
		return err
	}
	return nil
}

// makeDNS leads the cluster's DNS address to the CoreDNS beside it.
func makeDNS(ctx context.Context, client kubernetes.Interface, s *state.State) error {
	const name, namespace = "kube-dns", "kube-system"
	udp, tcp, port := corev1.ProtocolUDP, corev1.ProtocolTCP, int32(s.Ports[control.CoreDNS])
	udpName, tcpName := "dns", "dns-tcp"
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec: corev1.ServiceSpec{
			ClusterIP: s.Network.DNSService(),
			Ports: []corev1.ServicePort{
				{Name: udpName, Port: 53, Protocol: udp, TargetPort: intstr.FromInt32(port)},
				{Name: tcpName, Port: 53, Protocol: tcp, TargetPort: intstr.FromInt32(port)},
			},
		},
	}
	if _, err := client.CoreV1().Services(namespace).Create(ctx, service, metav1.CreateOptions{}); fault(err) {
		return err
	}
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{discoveryv1.LabelServiceName: name}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{s.Network.Gateway()}}},
		Ports: []discoveryv1.EndpointPort{
			{Name: &udpName, Protocol: &udp, Port: &port},
			{Name: &tcpName, Protocol: &tcp, Port: &port},
		},
	}
	if _, err := client.DiscoveryV1().EndpointSlices(namespace).Create(ctx, slice, metav1.CreateOptions{}); fault(err) {
		return err
	}
	return nil
}

// simulated is a machine that kwok plays. Beside real machines it is tainted,
// so that pods which are to run something do not go there by accident.
func simulated(s *state.State, i int) *corev1.Node {
	name := SimulatedName(i)
	room := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("8"),
		corev1.ResourceMemory: resource.MustParse("32Gi"),
		corev1.ResourcePods:   resource.MustParse("110"),
	}
	var taints []corev1.Taint
	if len(s.Machines) > 0 {
		taints = []corev1.Taint{{Key: control.SimulatedAnnotation, Value: "fake", Effect: corev1.TaintEffectNoSchedule}}
	}
	return &corev1.Node{
		Spec: corev1.NodeSpec{Taints: taints},
		ObjectMeta: metav1.ObjectMeta{
			Name:        name,
			Annotations: map[string]string{control.SimulatedAnnotation: "fake"},
			Labels: map[string]string{
				corev1.LabelHostname: name, corev1.LabelOSStable: "linux", "type": "kwok",
				corev1.LabelTopologyZone: fmt.Sprintf("z%d", (len(s.Machines)+i)%3+1),
			},
		},
		Status: corev1.NodeStatus{
			Capacity: room, Allocatable: room,
			NodeInfo: corev1.NodeSystemInfo{
				KubeletVersion: "kwok", ContainerRuntimeVersion: "kwok", OSImage: "simulated",
				OperatingSystem: "linux", Architecture: runtime.GOARCH,
			},
		},
	}
}
