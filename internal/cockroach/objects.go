package cockroach

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	applyapps "k8s.io/client-go/applyconfigurations/apps/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
	applypolicy "k8s.io/client-go/applyconfigurations/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/crdb-kube/crdb-kube/manifests"
)

// Object is one whole Kubernetes object, ready for server-side apply.
type Object = runtime.ApplyConfiguration

// Objects are the cluster's fixed objects in the order in which they are to be
// applied: settings, headless Service, public Service, PodDisruptionBudget,
// StatefulSet (with partition 0). Claims and volumes are not among them; they
// come before, from Claim and Volume. The patch is merged over all but the
// settings. An error means that the patch does not fit, which Validate says
// before, or that the embedded manifests are broken.
func (c Cluster) Objects() ([]Object, error) {
	headless, err := c.service(manifests.HeadlessService(), c.HeadlessService())
	if err != nil {
		return nil, err
	}
	public, err := c.service(manifests.PublicService(), c.PublicService())
	if err != nil {
		return nil, err
	}
	budget, err := c.budget()
	if err != nil {
		return nil, err
	}
	set, err := c.StatefulSet(0)
	if err != nil {
		return nil, err
	}
	return []Object{c.settings(), headless, public, budget, set}, nil
}

func (c Cluster) settings() Object {
	return applycore.ConfigMap(c.SettingsName(), c.Namespace).WithLabels(c.Labels()).WithData(c.Record())
}

func (c Cluster) service(manifest, name string) (Object, error) {
	service := &applycore.ServiceApplyConfiguration{}
	if err := decode(manifest, service); err != nil {
		return nil, fmt.Errorf("manifest of service %s: %w", name, err)
	}
	service.WithName(name).WithNamespace(c.Namespace).WithLabels(c.Labels())
	service.Spec.WithSelector(c.Labels())
	return patched(c, service)
}

func (c Cluster) budget() (Object, error) {
	budget := &applypolicy.PodDisruptionBudgetApplyConfiguration{}
	if err := decode(manifests.PodDisruptionBudget(), budget); err != nil {
		return nil, fmt.Errorf("manifest of the budget: %w", err)
	}
	budget.WithName(c.Budget()).WithNamespace(c.Namespace).WithLabels(c.Labels())
	budget.Spec.Selector.WithMatchLabels(c.Labels())
	return patched(c, budget)
}

// StatefulSet is the one in Objects with a partition of the caller's choice:
// pods below it keep the revision they have. A changed pod template must go
// out with partition = Nodes, or all pods are replaced at once.
func (c Cluster) StatefulSet(partition int) (*applyapps.StatefulSetApplyConfiguration, error) {
	set := &applyapps.StatefulSetApplyConfiguration{}
	if err := decode(manifests.StatefulSet(), set); err != nil {
		return nil, fmt.Errorf("manifest of the statefulset: %w", err)
	}
	set.WithName(c.Name).WithNamespace(c.Namespace).WithLabels(c.Labels())
	spec := set.Spec.WithServiceName(c.HeadlessService()).WithReplicas(int32(c.Nodes))
	spec.UpdateStrategy.RollingUpdate.WithPartition(int32(partition))
	spec.Selector.WithMatchLabels(c.Labels())
	c.shapePod(spec.Template)
	template := &spec.VolumeClaimTemplates[0]
	template.WithName(claimTemplate).WithLabels(c.Labels())
	c.shapeClaim(template.Spec)
	return patched(c, set)
}

// decode reads a manifest and refuses fields that do not exist.
func decode(manifest string, into Object) error {
	return yaml.UnmarshalStrict([]byte(manifest), into)
}
