package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

const patchFile = `kind: StatefulSet
metadata:
  annotations: {team: blue}
spec:
  template:
    metadata:
      annotations: {scrape: "true"}
    spec:
      tolerations: [{key: database, operator: Exists}]
---
kind: Service
metadata: {name: cockroachdb-public, annotations: {team: blue}}
`

// The last statement lacks its semicolon, and a comment stands behind it.
const initFile = `CREATE DATABASE e2e;
CREATE TABLE e2e.words (id INT PRIMARY KEY, word STRING);
INSERT INTO e2e.words VALUES (1, 'still here') -- the first
`

func TestUp_takesAPatchAndInitialSQL(t *testing.T) {
	p := arrive(t, defaultClass)
	file := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	patch, sql := file("patch.yaml", patchFile), file("init.sql", initFile)

	p.step("the patch is laid over the objects, and the SQL has run", func(p place) {
		p.crdb(p.up(p.small("--patch", patch, "--init-sql", sql)...)...).ok("ready in", "3 pods")
		set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb")
		tolerates := slices.ContainsFunc(set.Spec.Template.Spec.Tolerations, func(t corev1.Toleration) bool { return t.Key == "database" })
		service := get[corev1.Service](p, "service", "cockroachdb-public")
		if set.Annotations["team"] != "blue" || set.Spec.Template.Annotations["scrape"] != "true" || !tolerates || service.Annotations["team"] != "blue" {
			p.t.Errorf("not patched: %v, %v, %v, %v", set.Annotations, set.Spec.Template.Annotations, set.Spec.Template.Spec.Tolerations, service.Annotations)
		}
		rowIsThere(p)
	})
	p.step("both are recorded: without the flags nothing changes, and with them the SQL does not run again", func(p place) {
		p.settle(3)
		before := p.look()
		p.crdb("up").ok("nothing to change")
		got := p.crdb("up", "--patch", patch, "--init-sql", sql).ok("nothing to change")
		got.says(got.stderr, "note:", "init-sql")
		p.same(before)
		rowIsThere(p)
	})
	p.step("another patch comes to running pods one by one", func(p place) {
		before := p.uids()
		p.patiently("up", "--patch", file("other.yaml", "kind: StatefulSet\nspec:\n  template:\n    metadata:\n      annotations: {scrape: \"false\"}\n")).
			ok("ready in").telling("3 pods restarted, one by one")
		p.replaced(before, "cockroachdb-0", "cockroachdb-1", "cockroachdb-2")
		rowIsThere(p)
	})
	p.step("what a patch must not touch is wrong use", func(p place) {
		before := p.look()
		p.crdb("up", "--patch", file("wrong.yaml", "kind: StatefulSet\nspec: {replicas: 2}\n")).fails(2, "spec.replicas", "--nodes")
		p.same(before)
	})
	p.step("it stays through down and up", func(p place) {
		p.crdb("down").ok("stopped in")
		p.crdb("up").ok("ready in")
		if set := get[appsv1.StatefulSet](p, "statefulset", "cockroachdb"); set.Spec.Template.Annotations["scrape"] != "false" {
			p.t.Errorf("the patch is gone: %v", set.Spec.Template.Annotations)
		}
		rowIsThere(p)
	})
}
