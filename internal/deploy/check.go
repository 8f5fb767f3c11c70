package deploy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// oldestMinor is the first Kubernetes 1.x with everything that the manifests
// use: policy/v1 came with 1.21, stable server-side apply with 1.22, the
// StatefulSet's persistentVolumeClaimRetentionPolicy with 1.23.
const oldestMinor = 23

// checkServer looks at what does not depend on the cluster: the server, the
// namespace, and what the user may do there.
func (u *up) checkServer(ctx context.Context) error {
	u.r.waiting(0, 0, "asking the API server")
	info, err := u.client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	u.server = info.GitVersion
	if err := recentEnough(info); err != nil {
		return err
	}
	if err := u.checkNamespace(ctx); err != nil {
		return err
	}
	if u.purpose != making {
		return mayDo(ctx, u.client, u.target.Namespace, u.purpose.needs(upPermissions()), nil)
	}
	need := upPermissions()
	if u.opts.Fresh == Given {
		need = concat(need, downPermissions(), dataPermissions())
	}
	return mayDo(ctx, u.client, u.target.Namespace, need, waysToPods())
}

func recentEnough(info *version.Info) error {
	minor, err := strconv.Atoi(strings.TrimRight(info.Minor, "+"))
	if err == nil && info.Major == "1" && minor < oldestMinor {
		return &Error{
			Message: fmt.Sprintf("Kubernetes %s: too old, crdb-kube needs v1.%d or newer", info.GitVersion, oldestMinor),
			Next:    "upgrade the cluster, or choose another --context",
		}
	}
	return nil
}

func (u *up) checkNamespace(ctx context.Context) error {
	name := u.target.Namespace
	namespace, err := u.client.Namespace(ctx, name)
	if err != nil {
		return unlessForbidden(err) // it may be used without being read
	}
	u.namespace = namespace
	switch {
	case namespace != nil && namespace.DeletionTimestamp != nil:
		return goingNamespace(name)
	case namespace != nil:
		return nil
	case u.opts.Namespace != CreateNamespace:
		return &Error{
			Message: "namespace " + name + ": not found",
			Next:    "add --create-namespace, or choose another with --namespace",
		}
	case u.purpose != making:
		u.homeless = true
		return nil
	}
	_, err = u.client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	u.r.note("namespace %s created", name)
	return nil
}

// mayDo names all that is forbidden in one message: what of need is missing,
// and ways if all of these are.
func mayDo(ctx context.Context, client *kube.Client, namespace string, need, ways []kube.Permission) error {
	missing, err := client.Missing(ctx, namespace, append(slices.Clone(need), ways...))
	if err != nil {
		return err
	}
	var names []string
	closed := 0
	for _, permission := range missing {
		if slices.Contains(ways, permission) {
			closed++
			continue
		}
		names = append(names, permission.String())
	}
	if closed > 0 && closed == len(ways) {
		names = append(names, "reach pods, by "+ways[0].String()+" or "+ways[1].String())
	}
	if len(names) == 0 {
		return nil
	}
	return &Error{
		Message: "namespace " + namespace + ": you may not " + progress.And(names),
		Next:    "ask whoever runs the cluster for it; crdb-kube rbac prints the smallest Role with which all commands work",
	}
}

// checkCluster looks at what exists and decides what the cluster will be.
func (u *up) checkCluster(ctx context.Context) (ending, error) {
	u.r.waiting(0, 0, "looking at what exists")
	group, grouped := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		u.seen, err = look(grouped, u.client, u.target)
		return err
	})
	group.Go(func() (err error) {
		u.nodes, err = u.client.Nodes(grouped)
		return unlessForbidden(err)
	})
	group.Go(func() error {
		u.classes, u.notListed = u.client.Classes(grouped)
		return unlessForbidden(u.notListed)
	})
	if err := group.Wait(); err != nil {
		return ending{}, err
	}
	if err := u.obstacles(ctx); err != nil {
		return ending{}, err
	}
	if err := u.decide(ctx); err != nil {
		return ending{}, err
	}
	if err := u.prepareSecrets(ctx); err != nil {
		return ending{}, err
	}
	if u.cluster.HostPath != "" {
		if err := mayDo(ctx, u.client, u.target.Namespace, u.purpose.needs(volumePermissions()), nil); err != nil {
			return ending{}, err
		}
	}
	u.headline()
	for _, text := range u.notes {
		u.r.note("%s", text)
	}
	return done("%s", u.surroundings()), nil
}

// remark is a note for after the headline.
func (u *up) remark(format string, args ...any) {
	u.notes = append(u.notes, fmt.Sprintf(format, args...))
}

func unlessForbidden(err error) error {
	if kube.IsForbidden(err) {
		return nil
	}
	return err
}

// obstacles refuses what stands in the way. --fresh clears what is ours away,
// and nothing else.
func (u *up) obstacles(ctx context.Context) error {
	if err := u.seen.lookRecipe(ctx, u.client, u.target); err != nil {
		return err
	}
	if u.opts.Fresh != Given {
		if u.seen.deleting(u.target) {
			return halfDeleted(u.target)
		}
		return u.seen.obstacles(u.target, u.opts.Now())
	}
	if err := u.seen.foreign(u.target, u.opts.Now()); err != nil {
		return err
	}
	if len(u.seen.leftByRecipe(u.target)) > 0 {
		return mayDo(ctx, u.client, u.target.Namespace, recipePermissions(), nil)
	}
	return nil
}

// halfDeleted is said where an earlier command has begun to delete the data:
// there is only one way on.
func halfDeleted(target Target) error {
	return &Error{
		Kind:    Refused,
		Message: target.Name + ": an earlier crdb-kube down --delete-data was interrupted, and part of the data is gone",
		Next:    "crdb-kube down --delete-data finishes it; crdb-kube up --fresh does so and starts empty",
	}
}

// headline says where and what, before anything is written.
func (u *up) headline() {
	u.r.headline(strings.Join([]string{
		u.opts.Context,
		"namespace " + u.cluster.Namespace,
		fmt.Sprintf("cluster %s: %s, %s, %s", u.cluster.Name, progress.Count(u.cluster.Nodes, "pod"), versionWord(u.cluster.Image), u.cluster.Security),
	}, " · "))
}

// versionWord is the image's version, or the whole image where the tag says none.
func versionWord(image string) string {
	if version, ok := cockroach.VersionOf(image); ok {
		return version.String()
	}
	return image
}

func (u *up) surroundings() string {
	parts := []string{"Kubernetes " + u.server}
	if len(u.nodes) > 0 {
		parts = append(parts, progress.Count(len(u.nodes), "node"))
	}
	switch {
	case u.cluster.HostPath != "":
		parts = append(parts, "volumes of our own under "+u.cluster.HostPath)
	case u.cluster.StorageClass != "":
		parts = append(parts, "class "+u.cluster.StorageClass+bindingWord(u.classes, u.cluster.StorageClass))
	}
	return strings.Join(parts, ", ")
}
