package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// What else is measured, by name.
const (
	upAgain  = "crdb-kube up, nothing to change"
	ourDown  = "crdb-kube down"
	ourHelp  = "crdb-kube --help"
	kubeHelp = "kubectl --help"
)

func statusOf(pods int) string  { return fmt.Sprintf("crdb-kube status, %d pods", pods) }
func getPodsOf(pods int) string { return fmt.Sprintf("kubectl get pods, %d pods", pods) }

// measureVerbs measures the commands that begin with a cluster.
func (k *kube) measureVerbs(ctx context.Context, opts options, f *figures) error {
	if err := k.measureLife(ctx, opts.Rounds, f); err != nil {
		return err
	}
	for _, pods := range opts.Pods {
		if err := k.measureStatus(ctx, pods, opts.Rounds, f); err != nil {
			return err
		}
	}
	for range opts.Rounds {
		for name, program := range map[string]string{ourHelp: filepath.Join(k.bin, "crdb-kube"), kubeHelp: filepath.Join(k.dir, "kubectl")} {
			c, err := runToEnd(k.command(ctx, program, "--help"))
			if err != nil {
				return err
			}
			f.add(name, c, requests{})
		}
	}
	return nil
}

// measureLife takes one cluster up, up again, and down, several times.
func (k *kube) measureLife(ctx context.Context, rounds int, f *figures) error {
	const namespace = "life"
	leave, err := k.namespace(ctx, namespace)
	if err != nil {
		return err
	}
	if _, err := k.crdb(ctx, namespace, append([]string{"up"}, small()...)...); err != nil {
		return err
	}
	for range rounds {
		for _, one := range []struct {
			name string
			args []string
		}{{upAgain, []string{"up"}}, {ourDown, []string{"down"}}, {"", []string{"up"}}} {
			c, err := k.crdb(ctx, namespace, one.args...)
			if err != nil {
				return err
			}
			asked, err := count(k.audit(), "crdb-kube", namespace, c.began, c.ended)
			if err != nil {
				return err
			}
			if one.name != "" {
				f.add(one.name, c, asked)
			}
		}
	}
	return leave()
}

// measureStatus looks at a cluster of so many pods, in turn with kubectl.
func (k *kube) measureStatus(ctx context.Context, pods, rounds int, f *figures) error {
	scripts, err := scriptsFolder()
	if err != nil {
		return err
	}
	namespace := "status-" + strconv.Itoa(pods)
	leave, err := k.namespace(ctx, namespace)
	if err != nil {
		return err
	}
	// A hundred pods fit on three small machines only if they ask for less than
	// crdb-kube lets them: how long a look at them takes does not hang on that.
	manifests, err := k.manifests(ctx, pods, strings.NewReplacer("cpu: 100m", "cpu: 10m", "memory: 1Gi", "memory: 100Mi"))
	if err != nil {
		return err
	}
	if _, err := runToEnd(k.command(ctx, "sh", filepath.Join(scripts, "expert.sh"), namespace, manifests, "600s")); err != nil {
		return err
	}
	for range rounds {
		ours, err := k.crdb(ctx, namespace, "status")
		if err != nil {
			return err
		}
		asked, err := count(k.audit(), "crdb-kube", namespace, ours.began, ours.ended)
		if err != nil {
			return err
		}
		f.add(statusOf(pods), ours, asked)
		theirs, err := k.kubectl(ctx, "get", "pods", "-n", namespace)
		if err != nil {
			return err
		}
		if asked, err = count(k.audit(), "kubectl", namespace, theirs.began, theirs.ended); err != nil {
			return err
		}
		f.add(getPodsOf(pods), theirs, asked)
	}
	return leave()
}
