package kube

import (
	"context"
	"errors"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// explain wraps an error of client-go once, with the object first. What concerns the
// connection, the user or a permission becomes the error type that says so.
func (c *Client) explain(ctx context.Context, subject string, err error) error {
	var wait *WaitError
	var request *url.Error
	var forbidden *ForbiddenError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wait):
		return err
	case notKubernetes(err) != "":
		return &UnreachableError{Server: c.server, Err: errors.New(notKubernetes(err))}
	case apierrors.IsUnauthorized(err), strings.Contains(err.Error(), "getting credentials:"):
		return &CredentialsError{Server: c.server, Err: withoutURL(err)}
	case missingPermission(err, &forbidden):
		return forbidden
	case ctx.Err() == nil && errors.As(err, &request):
		return &UnreachableError{Server: c.server, Err: withoutURL(err)}
	}
	return about(subject, err)
}

// notKubernetes says what came in answer that no API server would send, such as a
// page to log in; empty: nothing of the kind.
func notKubernetes(err error) string {
	_, form, unknown := strings.Cut(err.Error(), "serializer for ") // client-go has no type for it
	switch {
	case unknown:
		return "what answers there is no Kubernetes, but sends " + strings.TrimSuffix(form, " doesn't exist")
	case strings.Contains(err.Error(), "unable to parse the server version"):
		return "what answers there is no Kubernetes, but sends something else than a version"
	}
	return ""
}

// about puts the object before an error, unless the error names it already.
func about(subject string, err error) error {
	_, name, found := strings.Cut(subject, "/")
	if found && strings.Contains(err.Error(), `"`+name+`"`) {
		return err
	}
	return &subjectError{subject: subject, err: err}
}

type subjectError struct {
	subject string
	err     error
}

func (e *subjectError) Error() string { return e.subject + ": " + e.err.Error() }
func (e *subjectError) Unwrap() error { return e.err }

// withoutURL takes off what net/http puts before an error: the request says little to a
// user who did not make it.
func withoutURL(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		return request.Err
	}
	return err
}

// missingPermission reads the API server's one sentence about authorization, the same
// for every authorizer, and tells whether err is that. It goes by the text, for there are
// refusals of other kinds with the same status (quota, admission), and SPDY gives no more.
//
//	pods "x" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the namespace "n"
//	forbidden: User "u" cannot get path "/version"
func missingPermission(err error, forbidden **ForbiddenError) bool {
	said := strings.ReplaceAll(err.Error(), `\"`, `"`) // some answers come as they are: JSON
	_, text, found := strings.Cut(said, "forbidden: User ")
	if !found {
		return false
	}
	if _, text, found = strings.Cut(text, " cannot "); !found {
		return false
	}
	verb, text, _ := strings.Cut(text, " ")
	what, text, _ := strings.Cut(text, " ")
	if what != "resource" && what != "path" {
		return false
	}
	resource, text := quoted(text)
	*forbidden = &ForbiddenError{Verb: verb, Resource: resource, Err: err}
	if _, text, found = strings.Cut(text, "in the namespace "); found {
		(*forbidden).Namespace, _ = quoted(text)
	}
	return true
}

// quoted reads a leading word in double quotes and gives what follows it.
func quoted(text string) (word, rest string) {
	text, found := strings.CutPrefix(text, `"`)
	if !found {
		return "", text
	}
	word, rest, _ = strings.Cut(text, `"`)
	return word, rest
}
