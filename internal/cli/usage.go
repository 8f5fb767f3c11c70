package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// usageError is wrong use, found before any connection is made: one line that
// names the thing and one line of hint each.
type usageError struct{ faults []fault }

type fault struct{ message, hint string }

func (e *usageError) Error() string {
	var lines []string
	for _, one := range e.faults {
		lines = append(lines, one.message)
	}
	return strings.Join(lines, "\n")
}

// wrongUse turns what cobra, pflag or a validator says into a usageError.
func wrongUse(cmd *cobra.Command, err error) error {
	if _, ok := errors.AsType[*usageError](err); ok {
		return err
	}
	if faults := cockroach.Faults(err); len(faults) > 0 {
		wrong := &usageError{}
		for _, one := range faults {
			wrong.faults = append(wrong.faults, fault{"--" + one.Error(), one.Hint})
		}
		return wrong
	}
	message, hint := plain(cmd, err)
	return &usageError{[]fault{{message, hint}}}
}

// plain writes cobra's and pflag's errors with the thing first.
func plain(cmd *cobra.Command, err error) (message, hint string) {
	help := cmd.CommandPath() + " --help lists what there is"
	var value *pflag.InvalidValueError
	var absent *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var own *cockroach.Fault
	switch {
	case errors.As(err, &own):
		return "--" + own.Error(), own.Hint
	case errors.As(err, &value):
		return fmt.Sprintf("--%s %q: %s", value.GetFlag().Name, value.GetValue(), reason(value)), "it wants " + example(value.GetFlag())
	case errors.As(err, &absent) && absent.GetSpecifiedShortnames() != "":
		return "-" + absent.GetSpecifiedName() + ": there is no such flag", help
	case errors.As(err, &absent):
		name := "--" + absent.GetSpecifiedName()
		return name + ": there is no such flag", nearest(cmd, name, help)
	case errors.As(err, &empty):
		return "--" + empty.GetFlag().Name + ": has no value", "it wants " + example(empty.GetFlag())
	}
	return err.Error(), help
}

func reason(err *pflag.InvalidValueError) string {
	inner := err.Unwrap()
	switch {
	case errors.Is(inner, strconv.ErrRange):
		return "out of range"
	case errors.Is(inner, strconv.ErrSyntax):
		return "not " + example(err.GetFlag())
	}
	return strings.TrimPrefix(inner.Error(), "time: ")
}

func example(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "int", "count":
		return "a whole number"
	case "duration":
		return "a duration such as 30s or 10m"
	case "bool":
		return "true or false"
	}
	_, values, listed := strings.Cut(flag.Usage, ": ")
	if listed {
		return values
	}
	return flag.Usage
}

// nearest names the flag that was probably meant.
func nearest(cmd *cobra.Command, name, otherwise string) string {
	best, distance := "", 3
	visit := func(flag *pflag.Flag) {
		if d := editDistance(name, "--"+flag.Name); !flag.Hidden && d < distance {
			best, distance = "--"+flag.Name, d
		}
	}
	cmd.Flags().VisitAll(visit)
	cmd.InheritedFlags().VisitAll(visit)
	if best == "" {
		return otherwise
	}
	return "did you mean " + best + "?"
}

// editDistance is the number of characters to insert, delete or change.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, change)
		}
	}
	return row[len(b)]
}
