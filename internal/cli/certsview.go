package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// certsSchema is raised when a field of certsView goes or changes its sense.
const certsSchema = 1

// certsView is what `certs -o json` and `-o yaml` print.
type certsView struct {
	SchemaVersion int               `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	Name          string            `json:"name" jsonschema:"the database cluster's name"`
	Namespace     string            `json:"namespace" jsonschema:"the namespace that it is in"`
	CAKeyInSecret bool              `json:"caKeyInSecret" jsonschema:"whether the key of the CA lies in the cluster, so that certificates can be renewed without it being passed"`
	Certificates  []certificateView `json:"certificates" jsonschema:"those in the Secrets"`
	Pods          []podCertView     `json:"pods,omitempty" jsonschema:"what each pod really shows; absent: none runs"`
}

type certificateView struct {
	Usage     string     `json:"usage" jsonschema:"what it is for"`
	Secret    string     `json:"secret" jsonschema:"the Secret that holds it"`
	File      string     `json:"file" jsonschema:"the key in that Secret"`
	SANs      []string   `json:"sans,omitempty" jsonschema:"the names and addresses that it is good for"`
	NotBefore *time.Time `json:"notBefore,omitempty" jsonschema:"when it begins to be good; absent: it cannot be read"`
	NotAfter  *time.Time `json:"notAfter,omitempty" jsonschema:"when it ends; absent: it cannot be read"`
	Problem   string     `json:"problem,omitempty" jsonschema:"what is wrong with it; absent: nothing"`
}

type podCertView struct {
	Name     string     `json:"name" jsonschema:"the pod's name"`
	NotAfter *time.Time `json:"notAfter,omitempty" jsonschema:"when the certificate that it shows ends; absent: it was not seen"`
	Current  bool       `json:"current" jsonschema:"whether it is the one in the Secret"`
	Problem  string     `json:"problem,omitempty" jsonschema:"why it could not be seen"`
}

func viewOfCerts(c deploy.Certs) certsView {
	view := certsView{
		SchemaVersion: certsSchema, Name: c.Cluster.Name, Namespace: c.Cluster.Namespace, CAKeyInSecret: c.AuthorityKey,
		Certificates: []certificateView{}, // a list even where there are none
	}
	for _, one := range c.Certificates {
		view.Certificates = append(view.Certificates, certificateView{
			one.Usage, one.Secret, one.File, one.SANs, moment(one.NotBefore), moment(one.NotAfter), one.Problem,
		})
	}
	for _, pod := range c.Pods {
		view.Pods = append(view.Pods, podCertView{pod.Name, moment(pod.NotAfter), pod.Same, pod.Problem})
	}
	return view
}

func (a *app) writeCerts(c deploy.Certs, form output) error {
	return a.write(form, viewOfCerts(c), func() error {
		palette, width := a.outLook()
		if form == outputWide {
			width = 0
		}
		return certsTable(c, form).Write(a.out(), palette, width)
	})
}

// certsTable has a row for each certificate in the Secret and for each pod.
func certsTable(c deploy.Certs, form output) progress.Table {
	table := progress.Table{Header: []string{"CERTIFICATE", "WHERE", "ENDS", "DAYS", "STATE"}}
	if form == outputWide {
		table.Header = append(table.Header, "NAMES")
	}
	add := func(name, where string, ends time.Time, problem, names string) {
		date, days, tone := "", "", progress.Normal
		if !ends.IsZero() {
			left := ends.Sub(c.Seen)
			date, days, tone = ends.UTC().Format(time.DateOnly), strconv.Itoa(int(left.Hours()/24)), lifeTone(left)
		}
		state := progress.Cell{Text: "ok", Tone: progress.Good}
		if problem != "" {
			state = progress.Cell{Text: problem, Tone: progress.Bad}
		}
		row := []progress.Cell{{Text: name}, {Text: where}, {Text: date}, {Text: days, Tone: tone}, state}
		if form == outputWide {
			row = append(row, progress.Cell{Text: names})
		}
		table.Rows = append(table.Rows, row)
	}
	for _, one := range c.Certificates {
		add(one.Usage, "secret/"+one.Secret, one.NotAfter, one.Problem, strings.Join(one.SANs, ","))
	}
	for _, pod := range c.Pods {
		problem := pod.Problem
		if problem == "" && !pod.Same {
			problem = "not the one in the secret"
		}
		add("node", "pod/"+pod.Name, pod.NotAfter, problem, "")
	}
	return table
}

func lifeTone(left time.Duration) progress.Tone {
	const day = 24 * time.Hour
	switch {
	case left < 7*day:
		return progress.Bad
	case left < 30*day:
		return progress.Warn
	}
	return progress.Normal
}
