package kube

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// UnreachableError says that the server did not answer: no route, no listener, a
// certificate that does not fit, or no answer in time.
type UnreachableError struct {
	Server string // as the configuration names it
	Err    error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("API server %s cannot be reached: %v", e.Server, e.Err)
}

// Unwrap gives what the connection ended with.
func (e *UnreachableError) Unwrap() error { return e.Err }

// CredentialsError says that the server does not know who asks (401).
type CredentialsError struct {
	Server string
	Err    error
}

func (e *CredentialsError) Error() string {
	return fmt.Sprintf("API server %s does not accept the credentials: %v", e.Server, e.Err)
}

// Unwrap gives the server's answer.
func (e *CredentialsError) Unwrap() error { return e.Err }

// ForbiddenError says that a permission is missing. What a quota, Pod Security or a
// webhook turns down is not a ForbiddenError; see IsDenied.
type ForbiddenError struct {
	Verb, Resource, Namespace string // Namespace is empty for what belongs to the whole cluster
	Err                       error
}

func (e *ForbiddenError) Error() string {
	where := "the whole cluster"
	if e.Namespace != "" {
		where = "namespace " + e.Namespace
	}
	return fmt.Sprintf("forbidden: %s %s in %s", e.Verb, e.Resource, where)
}

// Unwrap gives the server's answer.
func (e *ForbiddenError) Unwrap() error { return e.Err }

// IsUnreachable tells whether err is an UnreachableError.
func IsUnreachable(err error) bool {
	var e *UnreachableError
	return errors.As(err, &e)
}

// IsCredentials tells whether err says that the server does not know who asks.
func IsCredentials(err error) bool {
	var e *CredentialsError
	return errors.As(err, &e) || apierrors.IsUnauthorized(err)
}

// IsForbidden tells whether err says that a permission is missing.
func IsForbidden(err error) bool {
	var e *ForbiddenError
	return errors.As(err, &e)
}

// IsDenied tells whether err says that the server turned an object down although the
// permission is there: a quota, a LimitRange, Pod Security, a webhook.
func IsDenied(err error) bool { return apierrors.IsForbidden(err) && !IsForbidden(err) }

// IsGone tells whether err says that the object does not exist.
func IsGone(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsGone(err) }
