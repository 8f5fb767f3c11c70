package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/crdb-kube/crdb-kube/internal/cli"
)

// mark is the first line of every page.
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
