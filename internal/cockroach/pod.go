package cockroach

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

const (
	// SQLPort is where the database speaks SQL and to its own kind.
	SQLPort = 26257
	// HTTPPort is where it answers health, metrics and the DB Console.
	HTTPPort = 8080
)

const (
	program   = "/cockroach/cockroach"
	storePath = "/cockroach/cockroach-data"

	envName      = "POD_NAME"
	envNamespace = "POD_NAMESPACE"

	// joinPods is how many pods stand in the join list, however many there
	// are: the list is part of the pod template, and another template restarts
	// every pod.
	joinPods = 3
	// leastProcs keeps a second thread free to answer health checks while the
	// first is busy; a small request still may use what its machine has idle.
	leastProcs = 2
)

// shapePod turns the manifest's pod template into this cluster's.
func (c Cluster) shapePod(template *applycore.PodTemplateSpecApplyConfiguration) {
	template.WithLabels(c.Labels())
	if c.Restarted != "" {
		template.WithAnnotations(map[string]string{AnnotationRestarted: c.Restarted})
	}
	pod := template.Spec
	pod.Affinity.PodAntiAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].
		PodAffinityTerm.LabelSelector.WithMatchLabels(c.Labels())
	pod.TopologySpreadConstraints[0].LabelSelector.WithMatchLabels(c.Labels())

	database := &pod.Containers[0]
	database.WithImage(c.Image)
	database.Args = c.startArgs()
	setEnv(database.Env, "GOMAXPROCS", strconv.FormatInt(max(leastProcs, c.CPU.Value()), 10))
	setEnv(database.Env, "COCKROACH_CHANNEL", c.Security.channel())
	database.Resources.
		WithRequests(corev1.ResourceList{corev1.ResourceCPU: c.CPU, corev1.ResourceMemory: c.Memory}).
		WithLimits(corev1.ResourceList{corev1.ResourceMemory: c.Memory})
	database.ReadinessProbe.HTTPGet.WithScheme(corev1.URIScheme(strings.ToUpper(c.HTTPScheme())))
	c.shapeCertificates(template)
}

// startArgs are the arguments of the program in each pod. Kubernetes puts the
// environment into $(NAME), so that no shell is needed. A name without the
// DNS domain of the Kubernetes cluster works in all of them.
func (c Cluster) startArgs() []string {
	verb := "start"
	if c.Nodes == 1 {
		verb = "start-single-node"
	}
	args := append([]string{verb}, c.Security.flags()...)
	args = append(args,
		"--store=path="+storePath,
		fmt.Sprintf("--listen-addr=:%d", SQLPort),
		fmt.Sprintf("--http-addr=:%d", HTTPPort),
		fmt.Sprintf("--advertise-host=$(%s).%s.$(%s)", envName, c.HeadlessService(), envNamespace),
	)
	if c.Nodes != 1 {
		args = append(args, "--join="+c.joinList())
	}
	// A quarter of the memory each for the block cache and for SQL: the
	// operations guide allows the two and the time series 75 % together, and
	// the program itself needs some 200 MiB.
	quarter := fmt.Sprintf("%dMiB", c.Memory.Value()/4>>20)
	return append(args, "--logtostderr", "--cache="+quarter, "--max-sql-memory="+quarter)
}

func (c Cluster) joinList() string {
	var names []string
	for i := range joinPods {
		names = append(names, c.PodName(i)+"."+c.HeadlessService())
	}
	return strings.Join(names, ",")
}

func setEnv(env []applycore.EnvVarApplyConfiguration, name, value string) {
	for i := range env {
		if *env[i].Name == name {
			env[i].WithValue(value)
		}
	}
}
