package main

import (
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sources lists the files of the module in dir that the package is made of:
// go.mod, go.sum, and the Go, assembler and embedded files of the package and
// of all that it imports from the same module. Packages of other modules are
// covered by go.sum. Paths are relative to dir, sorted.
//
// It reads import clauses only, where `go list -deps` would resolve every
// dependency: 0.01 s instead of 0.7 s for a binary of 2,600 packages.
func sources(dir, pkg string) ([]string, error) {
	goMod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	module, err := modulePath(string(goMod))
	if err != nil {
		return nil, err
	}
	files := map[string]bool{"go.mod": true}
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
		files["go.sum"] = true
	}
	seen := map[string]bool{}
	todo := []string{filepath.Clean(pkg)}
	for len(todo) > 0 {
		folder := todo[0]
		todo = todo[1:]
		if seen[folder] {
			continue
		}
		seen[folder] = true
		found, imports, err := packageFiles(dir, folder)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			files[filepath.Join(folder, file)] = true
		}
		for _, path := range imports {
			if inner, ok := strings.CutPrefix(path, module+"/"); ok {
				todo = append(todo, filepath.FromSlash(inner))
			} else if path == module {
				todo = append(todo, ".")
			}
		}
	}
	list := make([]string, 0, len(files))
	for file := range files {
		list = append(list, file)
	}
	slices.Sort(list)
	return list, nil
}

// packageFiles lists what the compiler reads in one folder, and what it imports.
func packageFiles(dir, folder string) (files, imports []string, err error) {
	rules := build.Default
	rules.CgoEnabled = false
	found, err := rules.ImportDir(filepath.Join(dir, folder), 0)
	if err != nil {
		return nil, nil, fmt.Errorf("package ./%s: %w", folder, err)
	}
	files = slices.Concat(found.GoFiles, found.SFiles, found.HFiles)
	for _, pattern := range found.EmbedPatterns {
		embedded, err := embeddedFiles(found.Dir, pattern)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, embedded...)
	}
	return files, found.Imports, nil
}

// embeddedFiles resolves one //go:embed pattern to the files it names,
// relative to dir. In doubt it names too many: hidden files count too.
func embeddedFiles(dir, pattern string) ([]string, error) {
	matches, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(pattern, "all:"))))
	if err != nil {
		return nil, fmt.Errorf("embed pattern %q: %w", pattern, err)
	}
	var files []string
	for _, match := range matches {
		err := filepath.WalkDir(match, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			file, err := filepath.Rel(dir, path)
			files = append(files, file)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
