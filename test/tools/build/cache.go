package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// cache keeps the last build of one binary, under a name with its key.
type cache struct {
	Dir, Name, Key string
}

func (c cache) path() string { return filepath.Join(c.Dir, c.Name+"-"+c.Key) }

func (c cache) has() bool {
	info, err := os.Stat(c.path())
	return err == nil && info.Mode().IsRegular()
}

// scratch makes a folder to build in, on the cache's own file system.
func (c cache) scratch() (string, error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(c.Dir, "tmp-")
}

// put moves a finished build into the cache in one step, and removes the
// builds of the same binary that it replaces.
func (c cache) put(built string) error {
	if err := os.Rename(built, c.path()); err != nil {
		return err
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != filepath.Base(c.path()) && c.owns(entry.Name()) {
			if err := os.Remove(filepath.Join(c.Dir, entry.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// owns tells builds of this binary from those of one whose name begins alike.
func (c cache) owns(file string) bool {
	return regexp.MustCompile(`^` + regexp.QuoteMeta(c.Name) + `-[0-9a-f]{16}$`).MatchString(file)
}

// link makes out the cached build, in one step, so that a program that runs
// from out goes on undisturbed. A hard link and not a symbolic one: programs
// look for their companions beside the path they were started by. The time of
// change is now, for make's sake, but only if anything changes.
func (c cache) link(out string) error {
	kept, err := os.Stat(c.path())
	if err != nil {
		return err
	}
	if there, err := os.Stat(out); err == nil && os.SameFile(kept, there) {
		return nil
	}
	scratch, err := c.scratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	next := filepath.Join(scratch, c.Name)
	if err := os.Link(c.path(), next); err != nil {
		if err := copyFile(c.path(), next); err != nil {
			return err
		}
	}
	now := time.Now()
	if err := os.Chtimes(next, now, now); err != nil {
		return err
	}
	return os.Rename(next, out)
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
