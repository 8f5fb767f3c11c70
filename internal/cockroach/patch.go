package cockroach

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// MaxPatch is how long a patch may be, in bytes: it is kept in a ConfigMap,
// which holds 1 MiB in all.
const MaxPatch = 100 << 10

// Kinds of objects that can be patched, as they are written.
const (
	kindSet     = "StatefulSet"
	kindService = "Service"
	kindBudget  = "PodDisruptionBudget"
)

// document is one YAML document of a patch: what is to be merged over one of
// the cluster's objects.
type document struct {
	// number counts the documents that say anything, from 1.
	number int
	kind   string
	// name is that of the object, whether the document says it or not.
	name   string
	fields fields
}

// fields is an object, or part of one, as JSON has it.
type fields = map[string]any

// fault is what is wrong with this document, in one line.
func (d document) fault(hint, format string, args ...any) *Fault {
	reason := fmt.Sprintf("document %d", d.number)
	if d.kind != "" {
		reason += " (" + d.kind + ")"
	}
	return patchFault(reason+": "+fmt.Sprintf(format, args...), hint)
}

func patchFault(reason, hint string) *Fault {
	return &Fault{Field: keyPatch, Reason: strings.Join(strings.Fields(reason), " "), Hint: hint}
}

// parsePatch reads the documents of the patch and finds for each the object
// that it is about.
func (c Cluster) parsePatch() ([]document, *Fault) {
	switch {
	case len(c.Patch) > MaxPatch:
		return nil, patchFault(fmt.Sprintf("has %d bytes, more than %d", len(c.Patch), MaxPatch), "a patch names only what differs")
	case !utf8.ValidString(c.Patch) || strings.Contains(c.Patch, "\x00"):
		return nil, patchFault("is not text in UTF-8", "a YAML file")
	}
	var documents []document
	for _, text := range splitYAML(c.Patch) {
		d := document{number: len(documents) + 1}
		body, err := yaml.YAMLToJSONStrict([]byte(text))
		if err != nil {
			return nil, d.fault("a YAML file, such as docs/patch.md shows", "%s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if string(body) == "null" {
			continue // only comments
		}
		if err := json.Unmarshal(body, &d.fields); err != nil {
			return nil, d.fault("kind, and the fields to merge", "not an object")
		}
		if fault := c.address(&d); fault != nil {
			return nil, fault
		}
		documents = append(documents, d)
	}
	if len(documents) == 0 {
		return nil, patchFault("says nothing", `--patch "" removes the patch of an earlier command`)
	}
	return documents, nil
}

// splitYAML parts the documents, as the markers "---" and "..." do it at the
// beginning of a line. The parser itself would take the first one only.
func splitYAML(stream string) []string {
	var documents []string
	var current strings.Builder
	for line := range strings.Lines(stream) {
		rest, begins := strings.CutPrefix(line, "---")
		if !begins {
			rest, begins = strings.CutPrefix(line, "...")
		}
		if begins && (strings.TrimSpace(rest) == "" || strings.ContainsAny(rest[:1], " \t\r\n")) {
			documents = append(documents, current.String())
			current.Reset()
			line = rest
		}
		current.WriteString(line)
	}
	return append(documents, current.String())
}

// address finds the object that a document is about. What it says of the
// object's identity is taken out of the fields to merge.
func (c Cluster) address(d *document) *Fault {
	kind, ok := d.fields["kind"].(string)
	if !ok {
		return d.fault("kind: StatefulSet, Service or PodDisruptionBudget", "kind: is missing")
	}
	d.kind = kind
	names := c.patchable(kind)
	if names == nil {
		return d.fault("StatefulSet, Service and PodDisruptionBudget can be", "kind: is not one that can be patched")
	}
	version := apiVersion(kind)
	if given, there := d.fields["apiVersion"]; there && given != version {
		return d.fault(version+", or leave it out", "apiVersion: is not that of this kind")
	}
	delete(d.fields, "apiVersion")
	delete(d.fields, "kind")
	metadata, _ := d.fields["metadata"].(fields)
	if _, there := metadata["namespace"]; there {
		return d.fault("leave it out; --namespace chooses it", "metadata.namespace: is not for a patch to set")
	}
	given, there := metadata["name"]
	name, _ := given.(string)
	switch {
	case !there && len(names) > 1:
		return d.fault("one of "+strings.Join(names, " and "), "metadata.name: is missing")
	case !there:
		name = names[0]
	case !slices.Contains(names, name):
		return d.fault("it is "+strings.Join(names, " or "), "metadata.name: the cluster has no such object")
	}
	delete(metadata, "name")
	d.name = name
	return nil
}

// patchable are the names of the cluster's objects of a kind; nil: none that
// can be patched.
func (c Cluster) patchable(kind string) []string {
	switch kind {
	case kindSet:
		return []string{c.Name}
	case kindService:
		return []string{c.PublicService(), c.HeadlessService()}
	case kindBudget:
		return []string{c.Budget()}
	}
	return nil
}

func apiVersion(kind string) string {
	return map[string]string{kindSet: "apps/v1", kindService: "v1", kindBudget: "policy/v1"}[kind]
}

// typed is an empty object of a kind, whose tags say how lists are merged.
func typed(kind string) runtime.Object {
	switch kind {
	case kindSet:
		return &appsv1.StatefulSet{}
	case kindService:
		return &corev1.Service{}
	}
	return &policyv1.PodDisruptionBudget{}
}
