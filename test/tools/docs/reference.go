package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/crdb-kube/crdb-kube/internal/cli"
)

// mark is the first line of every page; a page without it is not ours to delete.
const mark = "<!-- Written by `make generate` from the command itself. -->\n"

// reference is a page for each command that help shows, by file name.
func reference() (map[string][]byte, error) {
	root := cli.Command()
	root.DisableAutoGenTag = true // it would carry the date
	if err := neutral(root); err != nil {
		return nil, err
	}
	pages := map[string][]byte{}
	return pages, describe(root, pages)
}

// neutral takes this machine's home directory out of the defaults.
func neutral(root *cobra.Command) error {
	flag := root.PersistentFlags().Lookup("cache-dir")
	if flag == nil {
		return fmt.Errorf("%s: has no flag --cache-dir any more", root.Name())
	}
	flag.DefValue = "$HOME/.kube/cache"
	return nil
}

func describe(cmd *cobra.Command, pages map[string][]byte) error {
	page := bytes.NewBufferString(mark)
	if err := doc.GenMarkdown(cmd, page); err != nil {
		return err
	}
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "_") + ".md"
	pages[name] = append(bytes.TrimRight(page.Bytes(), "\n"), '\n')
	for _, sub := range cmd.Commands() {
		if !sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			continue
		}
		sub.DisableAutoGenTag = true
		if err := describe(sub, pages); err != nil {
			return err
		}
	}
	return nil
}

// write brings a folder to exactly these pages. What it did not write itself
// it leaves alone; a page of a command that is gone goes too.
func write(dir string, pages map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	there, err := read(dir)
	if err != nil {
		return err
	}
	for name := range there {
		if _, wanted := pages[name]; !wanted {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for name, page := range pages {
		if bytes.Equal(page, there[name]) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), page, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// read gives the pages in a folder that were written by this program.
func read(dir string) (map[string][]byte, error) {
	pages := map[string][]byte{}
	folder := os.DirFS(dir)
	names, err := fs.Glob(folder, "*.md")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		page, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		if bytes.HasPrefix(page, []byte(mark)) {
			pages[name] = page
		}
	}
	return pages, nil
}
