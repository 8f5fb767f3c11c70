package deploy

import (
	"context"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// permissions asks what may not be done.
func (d *doctor) permissions(ctx context.Context) {
	const id = "permissions"
	need, ways := upPermissions(), waysToPods()
	if d.opts.Wish.HostPath != nil && *d.opts.Wish.HostPath != "" {
		need = concat(need, volumePermissions())
	}
	missing, err := d.client.Missing(ctx, d.target.Namespace, concat(need, ways))
	if err != nil {
		d.add(failed(id, err))
		return
	}
	closed := slices.DeleteFunc(slices.Clone(missing), func(one kube.Permission) bool { return !slices.Contains(ways, one) })
	if len(closed) < len(ways) { // one is enough
		missing = slices.DeleteFunc(missing, func(one kube.Permission) bool { return slices.Contains(ways, one) })
	}
	if len(missing) == 0 {
		d.add(Checked{ID: id, Outcome: Passed, Text: "everything that up needs"})
		return
	}
	d.add(Checked{
		ID: id, Outcome: Failing, Text: progress.Count(len(missing), "right") + " missing", Evidence: byResource(missing),
		Next: "ask whoever runs the cluster; crdb-kube rbac prints the smallest Role with which all commands work",
	})
}

// byResource has a line for each resource, with the verbs.
func byResource(permissions []kube.Permission) []string {
	verbs := map[string][]string{}
	var order []string
	for _, one := range permissions {
		verb, resource, _ := strings.Cut(one.String(), " ")
		if verbs[resource] == nil {
			order = append(order, resource)
		}
		verbs[resource] = append(verbs[resource], verb)
	}
	var lines []string
	for _, resource := range order {
		lines = append(lines, resource+": "+strings.Join(verbs[resource], ", "))
	}
	return lines
}
