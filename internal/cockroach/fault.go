package cockroach

import (
	"errors"
	"strconv"
	"strings"
)

// Fault is one thing wrong with what was asked for.
type Fault struct {
	// Field is the flag's name without dashes: "nodes".
	Field string
	// Value is what was given, as text.
	Value string
	// Reason is why it cannot be.
	Reason string
	// Hint is what would be right; empty where the reason says it.
	Hint string
}

// Error is one line that names the field, its value and the reason, not the hint.
func (f *Fault) Error() string {
	if f.Value == "" {
		return f.Field + ": " + f.Reason
	}
	value := f.Value
	if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		value = strconv.QuoteToASCII(value)
	}
	return f.Field + " " + value + ": " + f.Reason
}

// Faults lists the faults in an error of this package, in order. Flags can be
// checked before anything else is decided: validate a cluster made of flags
// and defaults, and look only at the faults of fields that were given.
func Faults(err error) []*Fault {
	type several interface {
		error
		Unwrap() []error
	}
	if joined, ok := errors.AsType[several](err); ok {
		var all []*Fault
		for _, one := range joined.Unwrap() {
			all = append(all, Faults(one)...)
		}
		return all
	}
	if fault, ok := errors.AsType[*Fault](err); ok {
		return []*Fault{fault}
	}
	return nil
}

// join is errors.Join for faults.
func join(faults []*Fault) error {
	var all []error
	for _, fault := range faults {
		all = append(all, fault)
	}
	return errors.Join(all...)
}
