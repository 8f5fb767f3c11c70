// Package cli holds the commands: flags become values, a printer is chosen, a
// verb of package deploy is called, and its error becomes an exit code and a
// hint. It is the only place that knows cobra, the environment and terminals.
package cli
