package cli

import (
	"errors"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// diffs are those that people meet, by the names of their golden files.
func diffs() map[string]deploy.Diff {
	object := func(kind kube.Kind, name string, action deploy.Action, fields ...deploy.Change) deploy.DiffObject {
		return deploy.DiffObject{Ref: kube.Ref{Kind: kind, Name: name}, Action: action, Fields: fields}
	}
	field := func(way deploy.ChangeWay, path string, from, to any, manager string, ago time.Duration) deploy.Change {
		c := deploy.Change{Way: way, FieldChange: kube.FieldChange{Path: path, From: from, To: to, Manager: manager}}
		if ago > 0 {
			c.Since = seenAt().Add(-ago)
		}
		return c
	}
	service := object(kube.Service, "cockroachdb-public", deploy.ActionUnchanged)
	service.Alone = []kube.FieldValue{{Path: "metadata.annotations[example.com/team]", Value: "blue", Manager: "kubectl-annotate", Since: seenAt().Add(-time.Hour)}}
	app := object(kube.Secret, "cockroachdb-app", deploy.ActionConfigured, field(deploy.FieldChanged, "data.host", nil, nil, "kubectl-edit", time.Minute))
	app.Alone = []kube.FieldValue{{Path: "data.mine", Manager: "kubectl-edit"}}
	same := object(kube.PersistentVolumeClaim, "datadir-cockroachdb-0", deploy.ActionUnchanged)
	image := "spec.template.spec.containers[name=cockroachdb].image"
	edited := deploy.Diff{
		Cluster: cluster(), Seen: seenAt(), Notes: []string{"the pods keep the template that they were started with"},
		Objects: []deploy.DiffObject{
			object(kube.ConfigMap, "cockroachdb-cluster", deploy.ActionConfigured, field(deploy.FieldAdded, "data.patch", nil, "kind: Service\nspec: {type: LoadBalancer}\n", "", 0)),
			same, app, service,
			object(kube.PodDisruptionBudget, "cockroachdb-budget", deploy.ActionCreated),
			object(kube.StatefulSet, "cockroachdb", deploy.ActionConflict,
				field(deploy.FieldRemoved, "metadata.labels.old", "yes", nil, "crdb-kube", time.Hour),
				field(deploy.FieldChanged, "spec.replicas", int64(2), int64(3), "kubectl (scale)", 0),
				field(deploy.FieldChanged, image, "registry.example.com/a/long/path/to/cockroach:v26.2.4-and-more", "cockroachdb/cockroach:v26.2.5", "kubectl-set", 2*time.Hour),
			),
		},
	}
	scaled := deploy.Diff{
		Cluster: cluster(), Seen: seenAt(),
		Refusal: &deploy.Error{Kind: deploy.Refused, Message: "statefulset/cockroachdb: was scaled to 5 pods by somebody else", Next: "crdb-kube up --nodes 5 takes them as they are"},
		Objects: []deploy.DiffObject{same, object(kube.StatefulSet, "cockroachdb", deploy.ActionRecreated, field(deploy.FieldChanged, "spec.replicas", int64(5), int64(3), "kubectl (scale)", 0))},
	}
	return map[string]deploy.Diff{
		"nothing": {Cluster: cluster(), Seen: seenAt(), Objects: []deploy.DiffObject{same, same}},
		"edited":  edited, "scaled": scaled,
	}
}

func TestShowDiff_inEveryFormAndWithItsExitCode(t *testing.T) {
	for name, diff := range diffs() {
		for _, form := range []output{outputTable, outputWide, outputJSON, outputYAML} {
			t.Run(name+" "+string(form), func(t *testing.T) {
				a, out, errOut := testApp(noInput(), nil)
				want := exitDiffers
				if name == "nothing" {
					want = exitDone
				}
				if got := exitCode(t.Context(), a.showDiff(diff, form)); got != want {
					t.Errorf("exit code %d, want %d", got, want)
				}
				if errOut.Len() != 0 {
					t.Errorf("on stderr: %q", errOut)
				}
				golden(t, "diff-"+name+"."+string(form), out.String())
			})
		}
	}
}

func TestShowDiff_hasTheColoursOfItsSigns(t *testing.T) {
	a, out, _ := testApp(noInput(), nil)
	a.color = progress.ColorAlways
	var silent *exitError
	if err := a.showDiff(diffs()["edited"], outputTable); !errors.As(err, &silent) {
		t.Fatal(err)
	}
	golden(t, "diff-edited.colour", out.String())
}

func TestWriteManifest_isOneStreamOfDocuments(t *testing.T) {
	a, out, _ := testApp(noInput(), nil)
	c := cluster()
	err := a.writeManifest(deploy.Manifest{Cluster: c, Comments: []string{"first\nstill first"}, Objects: []cockroach.Object{c.Settings(), c.Claim(0, "")}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "render.yaml", out.String())
}
