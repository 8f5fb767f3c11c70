package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// buildVersion is what the linker or the module system says this binary is.
func buildVersion() string {
	if linkedVersion != "" {
		return linkedVersion
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// linkedVersion is set by -ldflags "-X".
var linkedVersion string //nolint:gochecknoglobals // the linker can set nothing else

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the versions of this program and of the database it makes",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			a.running = true
			_, err := fmt.Fprintf(a.streams.Out, "crdb-kube %s\nimage     %s\n", buildVersion(), cockroach.DefaultImage)
			return err
		},
	}
}
