package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// way is one way to a database of three nodes.
type way struct {
	name  string
	agent string // its clients in the audit log
	run   func(ctx context.Context, namespace string) (call, error)
}

// The ways, by name.
const (
	oursTLS      = "crdb-kube up"
	oursInsecure = "crdb-kube up --insecure"
	expert       = "an expert's kubectl script"
	recipe       = "the recipe's calls"
)

// small is what each database is asked to be, so that three fit anywhere.
func small(more ...string) []string {
	return append([]string{"--image", image, "--cpu", "100m", "--memory", "1Gi", "--storage", "1Gi"}, more...)
}

func (k *kube) ways(scripts, manifests string) []way {
	up := func(more ...string) func(context.Context, string) (call, error) {
		return func(ctx context.Context, namespace string) (call, error) {
			return k.crdb(ctx, namespace, append([]string{"up"}, small(more...)...)...)
		}
	}
	script := func(name, file string) func(context.Context, string) (call, error) {
		return func(ctx context.Context, namespace string) (call, error) {
			return runToEnd(k.command(ctx, "sh", filepath.Join(scripts, name), namespace, file))
		}
	}
	return []way{
		{oursTLS, "crdb-kube", up()},
		{oursInsecure, "crdb-kube", up("--insecure")},
		{expert, "kubectl", script("expert.sh", manifests)},
		{recipe, "kubectl", script("recipe.sh", filepath.Join(scripts, "recipe.yaml"))},
	}
}

// scriptsFolder is where the scripts lie.
func scriptsFolder() (string, error) { return filepath.Abs(filepath.Join("test", "bench", "scripts")) }

// compareWays runs all ways in turn, as often as asked for.
func (k *kube) compareWays(ctx context.Context, rounds int, f *figures) error {
	scripts, err := scriptsFolder()
	if err != nil {
		return err
	}
	manifests, err := k.manifests(ctx, 3, strings.NewReplacer())
	if err != nil {
		return err
	}
	all := k.ways(scripts, manifests)
	for round := range rounds {
		for i, w := range all {
			if err := k.tryWay(ctx, w, fmt.Sprintf("way-%d-%d", i, round), f); err != nil {
				return err
			}
		}
	}
	return nil
}

// manifests are those that the expert has prepared: what crdb-kube renders,
// without TLS, but without the namespace that they were rendered for, and with
// some changes.
func (k *kube) manifests(ctx context.Context, pods int, changes *strings.Replacer) (string, error) {
	rendered, err := k.crdb(ctx, "default", append([]string{"render"}, small("--insecure", "--app-user", "", "--nodes", strconv.Itoa(pods))...)...)
	if err != nil {
		return "", err
	}
	file := filepath.Join(k.dir, fmt.Sprintf("rendered-%d.yaml", pods))
	text := strings.ReplaceAll(rendered.stdout, "  namespace: default\n", "")
	return file, os.WriteFile(file, []byte(changes.Replace(text)), 0o600)
}

// tryWay runs one way once.
func (k *kube) tryWay(ctx context.Context, w way, namespace string, f *figures) error {
	leave, err := k.namespace(ctx, namespace)
	if err != nil {
		return err
	}
	c, err := w.run(ctx, namespace)
	if err != nil {
		return fmt.Errorf("%s: %w", w.name, err)
	}
	asked, err := count(k.audit(), w.agent, namespace, c.began, c.ended)
	if err != nil {
		return err
	}
	f.add(w.name, c, asked)
	return leave()
}
