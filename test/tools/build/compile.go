package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// manyPackages is from when on a build is announced as a long one: about a
// minute on two cores.
const manyPackages = 200

// compile builds t in the folder scratch and returns the binary's path.
func compile(ctx context.Context, t target, scratch string, meter *meter) (string, error) {
	stop := meter.start()
	defer stop()
	dir, err := folder(ctx, t, meter)
	if err != nil {
		return "", err
	}
	flags := []string{"-buildvcs=false", "-ldflags=" + t.Ldflags}
	missing := uncompiled(ctx, dir, t.Package, flags, meter)
	meter.expect(missing)
	if missing >= manyPackages {
		meter.announce(missing, t.Long)
	}
	if t.Module == "" {
		out := filepath.Join(scratch, t.name())
		args := append([]string{"build", "-v", "-o", out}, append(flags, t.Package)...)
		return out, goCommand(ctx, dir, nil, meter, args...)
	}
	module, version, _ := strings.Cut(t.Module, "@")
	args := append([]string{"install", "-v"}, append(flags, path.Join(module, t.Package)+"@"+version)...)
	if err := goCommand(ctx, scratch, []string{"GOBIN=" + scratch}, meter, args...); err != nil {
		return "", err
	}
	return onlyFile(scratch)
}

// folder is where the module's sources are; a published one is fetched first.
func folder(ctx context.Context, t target, meter *meter) (string, error) {
	if t.Module == "" {
		return filepath.Abs(t.Dir)
	}
	answer := new(bytes.Buffer)
	cmd := goCmd(ctx, os.TempDir(), nil, "mod", "download", "-json", t.Module)
	cmd.Stdout = answer
	err := follow(cmd, meter.line)
	var module struct{ Dir, Error string }
	if json.Unmarshal(answer.Bytes(), &module) == nil && module.Error != "" {
		return "", errors.New(module.Error)
	}
	return module.Dir, err
}

// uncompiled counts the packages that the go command's build cache does not
// have yet; fetching the modules to find out, if need be. It is 0 where that
// is not known: then progress is shown without a total.
func uncompiled(ctx context.Context, dir, pkg string, flags []string, meter *meter) int {
	list := new(bytes.Buffer)
	args := append([]string{"list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"}, append(flags, pkg)...)
	cmd := goCmd(ctx, dir, nil, args...)
	cmd.Stdout = list
	if err := follow(cmd, meter.count); err != nil {
		return 0 // the build itself will say what is wrong
	}
	return len(strings.Fields(list.String()))
}

// goCommand runs the go command and shows how it gets on.
func goCommand(ctx context.Context, dir string, env []string, meter *meter, args ...string) error {
	if err := follow(goCmd(ctx, dir, env, args...), meter.line); err != nil {
		return fmt.Errorf("go %s: %w", args[0], err)
	}
	return nil
}

// output is what the go command prints.
func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := goCmd(ctx, dir, nil, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return string(out), nil
}

func goCmd(ctx context.Context, dir string, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.Env = append(cmd.Env, env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// follow runs cmd and hands on each line of its standard error.
func follow(cmd *exec.Cmd, line func(string)) error {
	lines, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	scanner := bufio.NewScanner(lines)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		line(scanner.Text())
	}
	_, err = io.Copy(io.Discard, lines) // what follows a line that is too long
	return errors.Join(scanner.Err(), err, cmd.Wait())
}

// onlyFile is the one file in dir: `go install` chooses the name.
func onlyFile(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(entries) != 1 {
		return "", fmt.Errorf("want one binary, got %d", len(entries))
	}
	return filepath.Join(dir, entries[0].Name()), nil
}
