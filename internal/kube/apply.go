package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	appsv1 "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1 "k8s.io/client-go/applyconfigurations/core/v1"
	policyv1 "k8s.io/client-go/applyconfigurations/policy/v1"
)

// FieldManager is the name under which every write is made.
const FieldManager = "crdb-kube"

// Outcome is what an apply did, in kubectl's words.
type Outcome string

// The outcomes.
const (
	Created    Outcome = "created"
	Configured Outcome = "configured"
	Unchanged  Outcome = "unchanged"
)

// Applied is the answer to an apply.
type Applied struct {
	Ref     Ref
	Outcome Outcome
	Object  runtime.Object // typed, as the server answered it
}

// Force says what happens to fields that another manager owns.
type Force string

// KeepOthers (the zero value, too) answers with a ConflictError; TakeOver takes the fields.
const (
	KeepOthers Force = "keep others"
	TakeOver   Force = "take over"
)

// Apply makes one full server-side apply of a typed apply configuration: of a StatefulSet,
// Service, PodDisruptionBudget, PersistentVolumeClaim, PersistentVolume, ConfigMap, Secret,
// Pod or Namespace. before is what Lookup or List saw of the object (the zero Ref: it did
// not exist); the outcome is told by comparing with it.
//
// Errors: *ConflictError where other managers own fields and force is KeepOthers;
// *DeletingError where the object is being deleted, for the server accepts an apply even
// then and the object goes all the same.
func (c *Client) Apply(ctx context.Context, cfg runtime.ApplyConfiguration, before Ref, force Force) (Applied, error) {
	return c.apply(ctx, cfg, before, metav1.ApplyOptions{Force: force == TakeOver})
}

// Preview is Apply without doing it: the server answers with what would be,
// defaults filled in, and with the same errors.
func (c *Client) Preview(ctx context.Context, cfg runtime.ApplyConfiguration, before Ref, force Force) (Applied, error) {
	return c.apply(ctx, cfg, before, metav1.ApplyOptions{Force: force == TakeOver, DryRun: []string{metav1.DryRunAll}})
}

func (c *Client) apply(ctx context.Context, cfg runtime.ApplyConfiguration, before Ref, opts metav1.ApplyOptions) (Applied, error) {
	send, ref := c.applier(cfg)
	if send == nil {
		return Applied{}, fmt.Errorf("%T cannot be applied here", cfg)
	}
	var answer object
	opts.FieldManager = FieldManager
	err := retry(ctx, ref.String(), func(ctx context.Context) (err error) {
		answer, err = send(ctx, opts)
		return err
	})
	switch {
	case apierrors.IsConflict(err) && len(conflicts(err)) > 0:
		return Applied{}, &ConflictError{Ref: ref, Conflicts: conflicts(err), Err: err}
	case err != nil:
		return Applied{}, c.explain(ctx, ref.String(), err)
	}
	after := refOf(ref.Kind, answer)
	if !after.Deleting.IsZero() {
		return Applied{}, &DeletingError{Ref: after}
	}
	return Applied{Ref: after, Outcome: outcome(before, after), Object: answer}, nil
}

// outcome compares what an object was with what it is after an apply. Between the two a
// controller may have written a status, which moves the resource version: for such kinds
// the generation and the time of our last change decide, which an apply that changes
// nothing leaves as they are.
func outcome(before, after Ref) Outcome {
	switch {
	case !before.Exists() || before.UID != after.UID:
		return Created
	case after.ResourceVersion != "" && before.ResourceVersion == after.ResourceVersion:
		return Unchanged
	case after.Kind == ConfigMap || after.Kind == Secret:
		return Configured
	case before.Generation == after.Generation && !after.Applied.IsZero() && before.Applied.Equal(after.Applied):
		return Unchanged
	}
	return Configured
}

// sender makes one apply request.
type sender func(ctx context.Context, opts metav1.ApplyOptions) (object, error)

// applier finds the typed client for an apply configuration; nil: there is none here.
func (c *Client) applier(cfg runtime.ApplyConfiguration) (sender, Ref) {
	core := c.clientset.CoreV1()
	switch cfg := cfg.(type) {
	case *appsv1.StatefulSetApplyConfiguration:
		return senderOf(StatefulSet, cfg, c.clientset.AppsV1().StatefulSets(namespaceOf(cfg)))
	case *policyv1.PodDisruptionBudgetApplyConfiguration:
		return senderOf(PodDisruptionBudget, cfg, c.clientset.PolicyV1().PodDisruptionBudgets(namespaceOf(cfg)))
	case *corev1.ServiceApplyConfiguration:
		return senderOf(Service, cfg, core.Services(namespaceOf(cfg)))
	case *corev1.PersistentVolumeClaimApplyConfiguration:
		return senderOf(PersistentVolumeClaim, cfg, core.PersistentVolumeClaims(namespaceOf(cfg)))
	case *corev1.PersistentVolumeApplyConfiguration:
		return senderOf(PersistentVolume, cfg, core.PersistentVolumes())
	case *corev1.ConfigMapApplyConfiguration:
		return senderOf(ConfigMap, cfg, core.ConfigMaps(namespaceOf(cfg)))
	case *corev1.SecretApplyConfiguration:
		return senderOf(Secret, cfg, core.Secrets(namespaceOf(cfg)))
	case *corev1.PodApplyConfiguration:
		return senderOf(Pod, cfg, core.Pods(namespaceOf(cfg)))
	case *corev1.NamespaceApplyConfiguration:
		return senderOf(Namespace, cfg, core.Namespaces())
	}
	return nil, Ref{}
}

// named is what all apply configurations have in common.
type named interface {
	GetName() *string
	GetNamespace() *string
}

type applyClient[T object, C named] interface {
	Apply(ctx context.Context, cfg C, opts metav1.ApplyOptions) (T, error)
}

func senderOf[T object, C named](kind Kind, cfg C, client applyClient[T, C]) (sender, Ref) {
	ref := Ref{Kind: kind, Namespace: namespaceOf(cfg)}
	if name := cfg.GetName(); name != nil {
		ref.Name = *name
	}
	return func(ctx context.Context, opts metav1.ApplyOptions) (object, error) {
		return client.Apply(ctx, cfg, opts)
	}, ref
}

func namespaceOf(cfg named) string {
	if namespace := cfg.GetNamespace(); namespace != nil {
		return *namespace
	}
	return ""
}

// errReplaced says that a name belongs to another object now.
var errReplaced = errors.New("another object stands under its name")

// Annotate merges annotations onto one object, which must still be the one that ref
// names by UID: apierrors.IsConflict recognises that it is not.
func (c *Client) Annotate(ctx context.Context, ref Ref, annotations map[string]string) error {
	return c.merge(ctx, ref, map[string]any{
		"metadata": map[string]any{"uid": ref.UID, "annotations": annotations},
	})
}

// Unannotate takes annotations away from one object, which must still be the one that
// ref names by UID.
func (c *Client) Unannotate(ctx context.Context, ref Ref, keys ...string) error {
	gone := map[string]any{}
	for _, key := range keys {
		gone[key] = nil
	}
	return c.merge(ctx, ref, map[string]any{"metadata": map[string]any{"uid": ref.UID, "annotations": gone}})
}

// Unbind lets a volume forget the claim that it was bound to, but not that claim's name:
// the next claim of that name gets it, with its data. The volume must still be the one
// that ref names by UID.
func (c *Client) Unbind(ctx context.Context, volume Ref) error {
	return c.merge(ctx, volume, map[string]any{
		"metadata": map[string]any{"uid": volume.UID},
		"spec":     map[string]any{"claimRef": map[string]any{"uid": nil, "resourceVersion": nil}},
	})
}

// merge sends one merge patch, which must name the object's UID.
func (c *Client) merge(ctx context.Context, ref Ref, change map[string]any) error {
	if ref.UID == "" {
		return about(ref.String(), errNoUID)
	}
	door, err := c.door(ref.Kind, ref.Namespace)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(change)
	if err != nil {
		return about(ref.String(), err)
	}
	err = retry(ctx, ref.String(), func(ctx context.Context) error { return door.patch(ctx, ref.Name, patch) })
	if apierrors.IsInvalid(err) && strings.Contains(err.Error(), "metadata.uid") {
		// this is how a server says it for most kinds
		return apierrors.NewConflict(schema.GroupResource{Resource: ref.Kind.plural()}, ref.Name, errReplaced)
	}
	return c.explain(ctx, ref.String(), err)
}
