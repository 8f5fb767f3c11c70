package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is one into which this program writes. A file without the mark is not
// ours to delete.
type folder struct{ dir, pattern, mark string }

// write brings the folder to exactly these files. What this program did not
// write it leaves alone; a file that is no longer made goes.
func (f folder) write(files map[string][]byte) error {
	if err := os.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	there, err := f.read()
	if err != nil {
		return err
	}
	for name := range there {
		if _, wanted := files[name]; !wanted {
			if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
				return err
			}
		}
	}
	for name, file := range files {
		if bytes.Equal(file, there[name]) {
			continue
		}
		if err := os.WriteFile(filepath.Join(f.dir, name), file, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read gives the files that were written by this program.
func (f folder) read() (map[string][]byte, error) {
	files := map[string][]byte{}
	here := os.DirFS(f.dir)
	names, err := fs.Glob(here, f.pattern)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		file, err := fs.ReadFile(here, name)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(file, []byte(f.mark)) {
			files[name] = file
		}
	}
	return files, nil
}
