package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// keyLength is the number of hex digits of a key: 64 bits, enough for the
// handful of builds that ever stand in one folder.
const keyLength = 16

// toolchain are the settings of the go command that change what it makes.
var toolchain = []string{"GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GOFLAGS"}

// keyOf is the hash of all that the binary of t is made from.
func keyOf(ctx context.Context, t target) (string, error) {
	env, err := output(ctx, t.Dir, append([]string{"env"}, toolchain...)...)
	if err != nil {
		return "", err
	}
	var files []string
	if t.Module == "" {
		if files, err = sources(t.Dir, t.Package); err != nil {
			return "", err
		}
	}
	return hash(env, t, files)
}

// hash digests the toolchain's settings, the flags and the files' contents.
// The files come with their paths relative to the module, so that the key is
// the same wherever the module lies.
func hash(env string, t target, files []string) (string, error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "env %q\nmodule %q package %q ldflags %q\n",
		env, t.Module, t.Package, t.Ldflags)
	for _, file := range files {
		if err := hashFile(sum, t.Dir, file); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:keyLength], nil
}

func hashFile(sum io.Writer, dir, file string) error {
	f, err := os.Open(filepath.Join(dir, file))
	if err != nil {
		return err
	}
	defer f.Close()
	content := sha256.New()
	if _, err := io.Copy(content, f); err != nil {
		return err
	}
	_, err = fmt.Fprintf(sum, "file %q %x\n", filepath.ToSlash(file), content.Sum(nil))
	return err
}

// modulePath reads the module's path from go.mod. A module that replaces
// another by a folder is refused: the folder's files are not in the key.
func modulePath(goMod string) (string, error) {
	path := ""
	for line := range strings.Lines(goMod) {
		line, _, _ = strings.Cut(line, "//")
		if replacesByFolder.MatchString(line) {
			return "", fmt.Errorf("go.mod: %q replaces a module by a folder, which the key would not cover", strings.TrimSpace(line))
		}
		if rest, ok := strings.CutPrefix(line, "module "); ok && path == "" {
			path = strings.Trim(strings.TrimSpace(rest), `"`)
		}
	}
	if path == "" {
		return "", fmt.Errorf("go.mod: no module line")
	}
	return path, nil
}

var replacesByFolder = regexp.MustCompile(`=>\s*(\.\.?/|/)`)
