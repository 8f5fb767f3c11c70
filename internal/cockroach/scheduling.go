package cockroach

import (
	"encoding/json"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// Scheduling is what the patch says about where the database's pods may run,
// and how their images are got.
type Scheduling struct {
	NodeSelector map[string]string
	Tolerations  []corev1.Toleration
	PullSecrets  []corev1.LocalObjectReference
}

// Scheduling is empty without a patch. A patch that does not fit any more,
// which Validate tells, gives none either.
func (c Cluster) Scheduling() Scheduling {
	if c.Patch == "" {
		return Scheduling{}
	}
	template, err := c.podTemplate()
	if err != nil {
		return Scheduling{}
	}
	pod := template.Spec
	return Scheduling{NodeSelector: pod.NodeSelector, Tolerations: pod.Tolerations, PullSecrets: pod.ImagePullSecrets}
}

// podTemplate is the template with the patch.
func (c Cluster) podTemplate() (corev1.PodTemplateSpec, error) {
	var typed appsv1.StatefulSet
	set, err := c.StatefulSet(0)
	if err != nil {
		return typed.Spec.Template, err
	}
	text, err := json.Marshal(set)
	if err != nil {
		return typed.Spec.Template, err
	}
	err = json.Unmarshal(text, &typed)
	return typed.Spec.Template, err
}
