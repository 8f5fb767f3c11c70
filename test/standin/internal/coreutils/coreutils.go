// Package coreutils is the image's rm and cp: as much of them as a pod that
// removes a data directory or copies certificates needs.
package coreutils

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// options splits the letters of the flags given from the arguments; allowed
// are the known letters.
func options(args []string, allowed string) (map[rune]bool, []string, error) {
	given := map[rune]bool{}
	var rest []string
	for i, a := range args {
		if a == "--" {
			return given, append(rest, args[i+1:]...), nil
		}
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		long := map[string]rune{"--recursive": 'r', "--force": 'f'}
		if r, ok := long[a]; ok && strings.ContainsRune(allowed, r) {
			given[r] = true
			continue
		}
		for _, letter := range a[1:] {
			if !strings.ContainsRune(allowed, letter) {
				return nil, nil, fmt.Errorf("unrecognized option '%s'", a)
			}
			given[letter] = true
		}
	}
	return given, rest, nil
}

// Rm removes files, and with -r directories; -f takes absent ones as removed.
// It returns the exit code.
func Rm(args []string, stderr io.Writer) int {
	given, paths, err := options(args, "rRf")
	recursive, force := given['r'] || given['R'], given['f']
	if err == nil && len(paths) == 0 && !force {
		err = errors.New("missing operand")
	}
	if err != nil {
		fmt.Fprintf(stderr, "rm: %v\n", err)
		return 1
	}
	code := 0
	for _, p := range paths {
		if err := remove(p, recursive, force); err != nil {
			fmt.Fprintf(stderr, "rm: cannot remove '%s': %v\n", p, cause(err))
			code = 1
		}
	}
	return code
}

func remove(path string, recursive, force bool) error {
	base := filepath.Base(path)
	if base == "." || base == ".." || filepath.Clean(path) == "/" {
		return errors.New("refusing to remove '.', '..' or '/'")
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && force:
		return nil
	case err != nil:
		return err
	case info.IsDir() && !recursive:
		return errors.New("Is a directory") //nolint:staticcheck // the words of rm
	}
	return os.RemoveAll(path)
}

func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// Cp copies files, and with -r directories, to a path or into a directory. A new
// file gets the mode of its source, less the umask but with -p or -a; -f takes
// the place of one that cannot be written to. Links are followed, as in the
// directories that Kubernetes makes of Secrets. It returns the exit code.
func Cp(args []string, stderr io.Writer) int {
	given, paths, err := options(args, "rRapLf")
	if err == nil && len(paths) < 2 {
		err = errors.New("missing file operand")
	}
	if err != nil {
		fmt.Fprintf(stderr, "cp: %v\n", err)
		return 1
	}
	target := paths[len(paths)-1]
	info, err := os.Stat(target)
	into := err == nil && info.IsDir()
	if len(paths) > 2 && !into {
		fmt.Fprintf(stderr, "cp: target '%s' is not a directory\n", target)
		return 1
	}
	code := 0
	for _, src := range paths[:len(paths)-1] {
		dst := target
		if into && filepath.Base(src) != "." {
			dst = filepath.Join(target, filepath.Base(src))
		}
		how := copying{recursive: given['r'] || given['R'] || given['a'], keepMode: given['p'] || given['a'], force: given['f']}
		if err := how.copy(src, dst); err != nil {
			fmt.Fprintf(stderr, "cp: cannot copy '%s': %v\n", src, err)
			code = 1
		}
	}
	return code
}

// copying says how.
type copying struct{ recursive, keepMode, force bool }

func (c copying) copy(src, dst string) error {
	info, err := os.Stat(src)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return c.file(src, dst, info.Mode().Perm())
	}
	if !c.recursive {
		return errors.New("-r not specified; omitting directory")
	}
	if err := os.MkdirAll(dst, info.Mode().Perm()|0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(src)
	if err != nil {
		return err
	}
	for _, e := range entries {
		err = errors.Join(err, c.copy(filepath.Join(src, e.Name()), filepath.Join(dst, e.Name())))
	}
	if c.keepMode {
		err = errors.Join(err, os.Chmod(dst, info.Mode().Perm()))
	}
	return err
}

func (c copying) file(src, dst string, mode fs.FileMode) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := c.open(dst, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Close())
	if c.keepMode {
		err = errors.Join(err, os.Chmod(dst, mode))
	}
	return err
}

func (c copying) open(dst string, mode fs.FileMode) (*os.File, error) {
	out, err := os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err == nil || !c.force || os.Remove(dst) != nil {
		return out, err
	}
	return os.OpenFile(dst, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
}
