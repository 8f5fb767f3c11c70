package cli

import (
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// diffSchema is raised when a field of diffView goes or changes its sense.
const diffSchema = 1

// diffView is what `diff -o json` and `-o yaml` print.
type diffView struct {
	SchemaVersion int              `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Name          string           `json:"name" jsonschema:"the database cluster's name"`
	Namespace     string           `json:"namespace" jsonschema:"the namespace that it is in"`
	Differs       bool             `json:"differs" jsonschema:"whether up would change anything: the exit code is 10 then, and else 0"`
	Refusal       string           `json:"refusal,omitempty" jsonschema:"why up would refuse and change nothing all the same; absent: it would not, but for conflicts"`
	Next          string           `json:"next,omitempty" jsonschema:"what to do where up would refuse"`
	Notes         []string         `json:"notes,omitempty" jsonschema:"what up would say besides, a line each, for people"`
	Objects       []diffObjectView `json:"objects" jsonschema:"all objects that up looks after, in the order in which it applies them"`
}

type diffObjectView struct {
	Kind   string           `json:"kind" jsonschema:"as Kubernetes writes it, such as StatefulSet"`
	Name   string           `json:"name" jsonschema:"the object's name"`
	Action deploy.Action    `json:"action" jsonschema:"what up would do; conflict: it would refuse, since somebody else has set what would change"`
	Fields []changeView     `json:"fields,omitempty" jsonschema:"those that would change; an object that would be created has none"`
	Alone  []fieldValueView `json:"leftAlone,omitempty" jsonschema:"fields that others have set and up leaves as they are"`
}

type changeView struct {
	Path    string           `json:"path" jsonschema:"such as spec.template.spec.containers[name=cockroachdb].image"`
	Change  deploy.ChangeWay `json:"change" jsonschema:"how it would change"`
	From    any              `json:"from,omitempty" jsonschema:"the value that is there; absent: none, or it is in a Secret"`
	To      any              `json:"to,omitempty" jsonschema:"the value that up would set; absent: none, or it is in a Secret"`
	Manager string           `json:"manager,omitempty" jsonschema:"the field manager that has set the value that is there; absent: nobody has"`
	Since   *time.Time       `json:"since,omitempty" jsonschema:"when that manager wrote to the object last; absent: not known"`
}

type fieldValueView struct {
	Path    string     `json:"path" jsonschema:"as in fields"`
	Value   any        `json:"value,omitempty" jsonschema:"the value that is there; absent: it is in a Secret"`
	Manager string     `json:"manager,omitempty" jsonschema:"the field manager that has set it"`
	Since   *time.Time `json:"since,omitempty" jsonschema:"when that manager wrote to the object last; absent: not known"`
}

func (a *app) viewOfDiff(d deploy.Diff) diffView {
	view := diffView{
		SchemaVersion: diffSchema, Name: d.Cluster.Name, Namespace: d.Cluster.Namespace,
		Differs: d.Differs(), Next: a.diffNext(d), Objects: []diffObjectView{},
	}
	if d.Refusal != nil {
		view.Refusal = d.Refusal.Message
	}
	for _, text := range d.Notes {
		view.Notes = append(view.Notes, a.scoped(text))
	}
	for _, one := range d.Objects {
		object := diffObjectView{Kind: string(one.Ref.Kind), Name: one.Ref.Name, Action: one.Action}
		for _, c := range one.Fields {
			object.Fields = append(object.Fields, changeView{c.Path, c.Way, c.From, c.To, c.Manager, moment(c.Since)})
		}
		for _, c := range one.Alone {
			object.Alone = append(object.Alone, fieldValueView{c.Path, c.Value, c.Manager, moment(c.Since)})
		}
		view.Objects = append(view.Objects, object)
	}
	return view
}
