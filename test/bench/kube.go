package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// image is that in standin.tar.
const image = "localkube.test/cockroach-standin:v21.1.2"

// kube is the Kubernetes that everything is measured on.
type kube struct {
	bin, dir string // dir is for files
}

func (k *kube) cluster() string    { return filepath.Join(k.dir, "cluster") }
func (k *kube) kubeconfig() string { return filepath.Join(k.cluster(), "kubeconfig") }
func (k *kube) audit() string      { return filepath.Join(k.cluster(), "logs", "audit.json") }

// startKube starts three real machines with a default class that binds at once.
func startKube(ctx context.Context, bin, dir string) (*kube, error) {
	k := &kube{bin: bin, dir: dir}
	for _, name := range []string{"kubectl"} {
		if err := os.Symlink(filepath.Join(bin, "localkube"), filepath.Join(dir, name)); err != nil {
			return k, err
		}
	}
	up := exec.CommandContext(ctx, filepath.Join(bin, "localkube"), "up", "--dir", k.cluster(), "--real", "3", "--storage", "immediate",
		"--image", filepath.Join(bin, "standin.tar"))
	if said, err := up.CombinedOutput(); err != nil {
		return k, fmt.Errorf("%s: %w\n%s", up, err, said)
	}
	return k, nil
}

func (k *kube) close() error {
	down := exec.Command(filepath.Join(k.bin, "localkube"), "down", "--dir", k.cluster(), "--purge")
	if said, err := down.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", down, err, said)
	}
	return nil
}

// call is one run of a client.
type call struct {
	began, ended time.Time
	wall, cpu    time.Duration
	memory       int64 // the largest of its processes, in bytes
	stdout       string
}

// command is a client that sees nothing of the user's own.
func (k *kube) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = k.dir
	cmd.Env = []string{"PATH=" + k.dir + ":" + k.bin + ":" + os.Getenv("PATH"), "HOME=" + k.dir, "KUBECONFIG=" + k.kubeconfig()}
	return cmd
}

// runToEnd runs a client to its end, with everything that it starts.
func runToEnd(cmd *exec.Cmd) (call, error) {
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errOut
	c := call{began: time.Now()}
	err := cmd.Run()
	c.ended = time.Now()
	c.wall, c.stdout = c.ended.Sub(c.began), out.String()
	if cmd.ProcessState != nil {
		c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			c.memory = usage.Maxrss * 1024
		}
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w\n%s%s", cmd, err, &out, &errOut)
	}
	return c, nil
}

// crdb runs crdb-kube in a namespace.
func (k *kube) crdb(ctx context.Context, namespace string, args ...string) (call, error) {
	return runToEnd(k.command(ctx, filepath.Join(k.bin, "crdb-kube"), append(args, "--namespace", namespace)...))
}

// kubectl runs kubectl.
func (k *kube) kubectl(ctx context.Context, args ...string) (call, error) {
	return runToEnd(k.command(ctx, filepath.Join(k.dir, "kubectl"), args...))
}

// namespace makes one, and removes it with its pods, and waits for that: what
// ends must not work beside what is measured.
func (k *kube) namespace(ctx context.Context, name string) (leave func() error, err error) {
	if _, err := k.kubectl(ctx, "create", "namespace", name); err != nil {
		return nil, err
	}
	// A pod cannot be made before its namespace has these.
	if _, err := k.kubectl(ctx, "wait", "--for=create", "serviceaccount/default", "configmap/kube-root-ca.crt", "-n", name, "--timeout=60s"); err != nil {
		return nil, err
	}
	return func() error {
		_, first := k.kubectl(ctx, "delete", "namespace", name, "--wait=false")
		_, second := k.kubectl(ctx, "delete", "pods", "--all", "-n", name, "--grace-period=1")
		_, third := k.kubectl(ctx, "wait", "--for=delete", "namespace/"+name, "--timeout=120s")
		_, fourth := k.kubectl(ctx, "delete", "persistentvolumes", "-l", "app=cockroachdb", "--ignore-not-found")
		return errors.Join(first, second, third, fourth)
	}, nil
}
