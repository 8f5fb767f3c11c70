// Package cgroup makes and removes the cgroups that the machines' pods run in,
// on hosts with cgroup v1 and v2.
package cgroup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// root is where cgroups are mounted everywhere.
const root = "/sys/fs/cgroup"

// unified says whether the host has cgroup v2 only.
func unified() bool {
	_, err := os.Stat(filepath.Join(root, "cgroup.controllers"))
	return err == nil
}

// hierarchies are the folders under which a cgroup of ours is made: one on v2,
// one per controller on v1.
func hierarchies() ([]string, error) {
	if unified() {
		return []string{root}, nil
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("cgroups of this host: %w", err)
	}
	var all []string
	for _, e := range entries {
		// Links such as cpu,cpuacct lead to what is listed anyway.
		if e.IsDir() {
			all = append(all, filepath.Join(root, e.Name()))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is empty: real machines need the host's cgroups", root)
	}
	return all, nil
}

// Make makes the cgroup top/machine in every hierarchy, with all controllers
// usable in it.
func Make(top, machine string) error {
	all, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range all {
		if err := makeIn(h, top, machine); err != nil {
			return err
		}
	}
	return nil
}

func makeIn(hierarchy, top, machine string) error {
	path := hierarchy
	for _, step := range []string{top, machine} {
		if unified() {
			if err := delegate(path); err != nil {
				return err
			}
		}
		parent := path
		path = filepath.Join(path, step)
		if err := os.MkdirAll(path, 0o755); err != nil {
			if filepath.Base(hierarchy) == "unified" {
				return nil // v2 beside v1: nothing is accounted there
			}
			return fmt.Errorf("cgroup: %w", err)
		}
		// On v1 a cpuset is born empty and takes no process.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			if err := inherit(parent, path, name); err != nil {
				return err
			}
		}
	}
	if unified() {
		return delegate(path)
	}
	return nil
}

func inherit(parent, child, name string) error {
	if unified() {
		return nil
	}
	value, err := os.ReadFile(filepath.Join(parent, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(child, name), value, 0o644)
	}
	if err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	return nil
}

// delegate lets the children of a v2 cgroup use all controllers it has.
func delegate(path string) error {
	has, err := os.ReadFile(filepath.Join(path, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	gives, err := os.ReadFile(filepath.Join(path, "cgroup.subtree_control"))
	if err != nil {
		return fmt.Errorf("cgroup: %w", err)
	}
	given := strings.Fields(string(gives))
	for controller := range strings.FieldsSeq(string(has)) {
		if slices.Contains(given, controller) {
			continue
		}
		err := os.WriteFile(filepath.Join(path, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		if err != nil && slices.Contains(needed(), controller) {
			return fmt.Errorf("cgroup controller %s cannot be passed on from %s (in a container, move its processes to a cgroup of their own first): %w", controller, path, err)
		}
	}
	return nil
}

// needed are the controllers without which the kubelet does not start.
func needed() []string { return []string{"cpu", "cpuset", "memory", "pids"} }

// Left lists the folders of the cgroup top that exist, children first.
func Left(top string) []string {
	all, err := hierarchies()
	if err != nil {
		return nil
	}
	var left []string
	for _, h := range all {
		var here []string
		_ = filepath.WalkDir(filepath.Join(h, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				here = append(here, path)
			}
			return nil
		})
		slices.Reverse(here)
		left = append(left, here...)
	}
	return left
}

// Remove removes the cgroup top with all below it. The kernel needs a moment
// after the last process has gone, so it tries until ctx ends.
func Remove(ctx context.Context, top string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var last error
		for _, path := range Left(top) {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				last = err
			}
		}
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cgroup: %w", last)
		case <-tick.C:
		}
	}
}
