// Package progress carries what a command does as one stream of events, and
// prints it: repainted in place on a terminal, as dated lines when piped, as
// JSON lines for programs, or not at all. It also prints what a command ends
// with: tables, results and failures.
//
// It is the only place that knows escape sequences, the width of the display
// and its clock. Text that came from outside goes through Clean before it is
// shown to a person.
package progress
