package kube

import (
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ConflictError says that other managers own fields of an applied object.
type ConflictError struct {
	Ref       Ref
	Conflicts []Conflict // in the server's order
	Err       error      // the server's answer
}

// Conflict is one field that another manager owns.
type Conflict struct {
	Manager string // "kubectl"; one that wrote a subresource: "crdb-kube (scale)"
	Field   string // ".spec.replicas"
}

func (e *ConflictError) Error() string {
	said := make([]string, 0, len(e.Conflicts))
	for _, c := range e.Conflicts {
		said = append(said, fmt.Sprintf("%s owns %s", c.Manager, c.Field))
	}
	return fmt.Sprintf("%s: %s", e.Ref, strings.Join(said, ", "))
}

// Unwrap gives the server's answer.
func (e *ConflictError) Unwrap() error { return e.Err }

// DeletingError says that an apply met an object that is being deleted: what was
// applied goes with it.
type DeletingError struct{ Ref Ref }

func (e *DeletingError) Error() string { return e.Ref.String() + " is being deleted" }

// conflicts reads the fields and managers out of the server's answer to an apply; none:
// the conflict is of another kind.
func conflicts(err error) []Conflict {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var found []Conflict
	for _, cause := range status.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldManagerConflict {
			found = append(found, Conflict{Manager: manager(cause.Message), Field: cause.Field})
		}
	}
	return found
}

// manager reads the name out of one cause:
//
//	conflict with "kubectl-edit" using apps/v1
//	conflict with "kubectl" with subresource "scale" using apps/v1 at 2026-11-22T10:00:00Z
func manager(message string) string {
	text, found := strings.CutPrefix(message, "conflict with ")
	if !found {
		return message
	}
	name, text := quoted(text)
	if text, found = strings.CutPrefix(text, " with subresource "); found {
		subresource, _ := quoted(text)
		name += " (" + subresource + ")"
	}
	return name
}
