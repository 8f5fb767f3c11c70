package kube

import "k8s.io/apimachinery/pkg/runtime"

// RefOf is what is known of an object that was read as a typed one.
func RefOf(kind Kind, obj object) Ref { return refOf(kind, obj) }

// RefTo names the object that an apply configuration is for. It says nothing
// of whether that exists.
func RefTo(cfg runtime.ApplyConfiguration) Ref {
	var ref Ref
	if own, ok := cfg.(named); ok {
		if name := own.GetName(); name != nil {
			ref.Name = *name
		}
		ref.Namespace = namespaceOf(own)
	}
	if own, ok := cfg.(interface{ GetKind() *string }); ok && own.GetKind() != nil {
		ref.Kind = Kind(*own.GetKind())
	}
	return ref
}
