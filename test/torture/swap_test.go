package torture

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// swap is one case: the object of the kth request that deletes is another one
// when the request arrives.
func (a *arena) swap(ctx context.Context, v verb, k int) (out outcome) {
	p, err := a.enter(ctx, v)
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	var once sync.Once
	var changeling being
	var uid types.UID
	deletes := 0
	c, stand, err := p.proxied(ctx, func(n int, r *http.Request) deed {
		l, at, ok := target(r)
		if !ok {
			return pass
		}
		if deletes++; deletes < k {
			return pass
		}
		once.Do(func() {
			changeling, out.at = at, fmt.Sprintf("request %d, %s", n, point(r))
			uid, err = a.replace(ctx, l, at)
		})
		return pass
	}, v.args...)
	if err != nil {
		return wrongly(err.Error())
	}
	first := c.start().wait()
	stand.close()
	switch {
	case err != nil:
		return wrongly(err.Error())
	case uid == "":
		return outcome{skipped: true}
	}
	out.story, out.wrong = first.String(), first.faults(nil)
	return a.survives(ctx, changeling, uid, out)
}

// target is the object that a request deletes, if we can put another there.
func target(r *http.Request) (likeness, being, bool) {
	path := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if r.Method != http.MethodDelete || len(path) < 4 {
		return likeness{}, being{}, false
	}
	name, resource := path[len(path)-1], path[len(path)-2]
	all := append(likenesses(), volumeOf(somebody, somebody))
	i := slices.IndexFunc(all, func(l likeness) bool { return l.resource.Resource == resource && l.kind != "Lease" })
	if i < 0 {
		return likeness{}, being{}, false
	}
	at := being{all[i].resource, "", name}
	if j := slices.Index(path, "namespaces"); j >= 0 {
		at.namespace = path[j+1]
	}
	return all[i], at, true
}

// replace deletes an object by force and makes another under its name.
func (a *arena) replace(ctx context.Context, l likeness, at being) (types.UID, error) {
	client, err := dynamic.NewForConfig(a.cfg)
	if err != nil {
		return "", err
	}
	objects := client.Resource(at.at).Namespace(at.namespace)
	now, orphan := int64(0), metav1.DeletePropagationOrphan
	options := metav1.DeleteOptions{GracePeriodSeconds: &now}
	if l.kind == "StatefulSet" {
		options.PropagationPolicy = &orphan // its pods are what the verb looks after
	}
	if err := objects.Delete(ctx, at.name, options); err != nil && !apierrors.IsNotFound(err) {
		return "", err
	}
	object := l.object(at.name, nil)
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	for {
		made, err := objects.Create(ctx, object, metav1.CreateOptions{FieldManager: somebody})
		if err == nil {
			return made.GetUID(), nil
		}
		if !apierrors.IsAlreadyExists(err) || ctx.Err() != nil {
			return "", err
		}
		// What protects it goes at once: nobody else is to come between.
		_, _ = objects.Patch(ctx, at.name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{FieldManager: somebody})
		<-time.After(50 * time.Millisecond)
	}
}

// survives looks whether the object is still what somebody made.
func (a *arena) survives(ctx context.Context, at being, uid types.UID, out outcome) outcome {
	client, err := dynamic.NewForConfig(a.cfg)
	if err != nil {
		return wrongly(err.Error())
	}
	object, err := client.Resource(at.at).Namespace(at.namespace).Get(ctx, at.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		out.wrong = append(out.wrong, "deleted: somebody's "+at.String())
		return out
	case err != nil:
		return wrongly(err.Error())
	}
	managers := object.GetManagedFields()
	switch {
	case object.GetUID() != uid || object.GetDeletionTimestamp() != nil:
		out.wrong = append(out.wrong, "deleted: somebody's "+at.String())
	case slices.ContainsFunc(managers, func(m metav1.ManagedFieldsEntry) bool { return m.Manager == "crdb-kube" }):
		out.wrong = append(out.wrong, "written to: somebody's "+at.String())
	}
	return out
}
