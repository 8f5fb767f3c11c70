package cli

import (
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Command is the whole command tree, to be read and not to be run: what is
// written about the commands is made from it.
func Command() *cobra.Command {
	root := newApp(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard}).root()
	root.InitDefaultCompletionCmd()
	return root
}

// Document is one kind of JSON that programs read.
type Document struct {
	Title   string
	Version int
	// Types are those of its values; each is of one of them.
	Types []reflect.Type
}

// Documents are all of them, by the name of the schema that is made from it.
func Documents() map[string]Document {
	return map[string]Document{
		"events": {"One line on stderr of a command with --progress json", progress.SchemaVersion, progress.Lines()},
		"status": {"What status -o json prints", statusSchema, []reflect.Type{reflect.TypeFor[statusView]()}},
		"certs":  {"What certs -o json prints", certsSchema, []reflect.Type{reflect.TypeFor[certsView]()}},
		"url":    {"What url -o json prints", urlSchema, []reflect.Type{reflect.TypeFor[urlView]()}},
		"doctor": {"What doctor -o json prints", doctorSchema, []reflect.Type{reflect.TypeFor[doctorView]()}},
		"diff":   {"What diff -o json prints", diffSchema, []reflect.Type{reflect.TypeFor[diffView]()}},
	}
}
