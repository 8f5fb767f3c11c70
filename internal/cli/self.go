package cli

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// Names under which the program may be called. As a plugin it is found by
// kubectl, which looks for a completion of its own beside it.
const (
	ownName        = "crdb-kube"
	pluginFile     = "kubectl-crdb"
	pluginName     = "kubectl crdb"
	completionFile = "kubectl_complete-crdb"
)

// called finds out how the program was called: by what name it speaks of
// itself, and with what arguments.
func called(args []string) (self string, rest []string) {
	file := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	switch file {
	case pluginFile:
		return pluginName, args[1:]
	case completionFile:
		return pluginName, append([]string{cobra.ShellCompRequestCmd}, args[1:]...)
	}
	return ownName, args[1:]
}

// ownCommands are commands of this program in a text.
var ownCommands = regexp.MustCompile(`\bcrdb-kube (\[flags\]|[a-z]+\b)`)

// named speaks of the program's commands as the user has to type them.
func (a *app) named(text string) string {
	if a.self == ownName {
		return text
	}
	return ownCommands.ReplaceAllStringFunc(text, func(match string) string {
		word := strings.TrimPrefix(match, ownName+" ")
		if a.commands[word] {
			return a.self + " " + word
		}
		return match
	})
}

// rename lets help and usage speak so, too.
func (a *app) rename(root *cobra.Command) {
	if a.self == ownName {
		return
	}
	root.Annotations = map[string]string{cobra.CommandDisplayNameAnnotation: a.self}
	a.commands = map[string]bool{"[flags]": true}
	for _, cmd := range root.Commands() {
		a.commands[cmd.Name()] = true
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.Long, cmd.Example = a.named(cmd.Long), a.named(cmd.Example)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
}
