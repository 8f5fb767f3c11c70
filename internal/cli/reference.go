package cli

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// Command is the whole command tree, to be read and not to be run: what is
// written about the commands is made from it.
func Command() *cobra.Command {
	root := newApp(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard}).root()
	root.InitDefaultCompletionCmd()
	return root
}
