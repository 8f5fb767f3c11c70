package deploy

import (
	"errors"
	"fmt"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// explainConflict says who holds the fields that an apply would have changed.
func explainConflict(err error) error {
	var conflict *kube.ConflictError
	if !errors.As(err, &conflict) {
		return err
	}
	e := &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("%s: %s set by someone else", conflict.Ref, progress.Count(len(conflict.Conflicts), "field")),
		Next:    "crdb-kube up --force-conflicts takes the fields over",
	}
	for _, one := range conflict.Conflicts {
		e.Seen = append(e.Seen, fmt.Sprintf("%s was set by %s", one.Field, one.Manager))
	}
	return e
}
