package kube

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Kind is one of the fixed kinds that this package reads, writes and deletes.
type Kind string

// The kinds. There is deliberately no way to ask for "everything": the API server
// copies labels onto objects of its own (endpoint slices, controller revisions).
const (
	StatefulSet           Kind = "StatefulSet"
	Pod                   Kind = "Pod"
	Service               Kind = "Service"
	PodDisruptionBudget   Kind = "PodDisruptionBudget"
	PersistentVolumeClaim Kind = "PersistentVolumeClaim"
	PersistentVolume      Kind = "PersistentVolume"
	ConfigMap             Kind = "ConfigMap"
	Secret                Kind = "Secret"
	ControllerRevision    Kind = "ControllerRevision"
	Lease                 Kind = "Lease"
	Namespace             Kind = "Namespace"
	Job                   Kind = "Job"
)

// String is the kind as kubectl shows it: lower case, singular ("statefulset").
func (k Kind) String() string { return strings.ToLower(string(k)) }

// plural is the kind as permissions and paths name it: "statefulsets".
func (k Kind) plural() string { return k.String() + "s" }

// Ref says which object is meant and, when it was read from the server, what is
// known of its metadata.
type Ref struct {
	Kind            Kind
	Namespace       string // empty for a PersistentVolume and a Namespace
	Name            string
	UID             types.UID // empty: the object does not exist
	ResourceVersion string
	Generation      int64
	Labels          map[string]string
	Annotations     map[string]string
	Managers        []string  // field managers, sorted, without duplicates
	Owners          []string  // what it belongs to and goes with, as String of a Ref
	Applied         time.Time // when the last apply of FieldManager changed something; zero: never
	Created         time.Time
	Changed         time.Time // by whomever, but for the status; zero: unknown
	Deleting        time.Time // zero: not being deleted
}

// String is the object as kubectl shows it: "statefulset/cockroachdb".
func (r Ref) String() string { return r.Kind.String() + "/" + r.Name }

// Exists tells whether the server knew the object when it was read.
func (r Ref) Exists() bool { return r.UID != "" }
