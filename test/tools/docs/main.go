// Command docs writes the reference of all commands and flags into
// docs/reference, one page each, from the program's own command tree. It is
// run in the repository's top folder, by `make generate`.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	dir := flag.String("o", "docs/reference", "folder that the pages are written to")
	flag.Parse()
	if err := run(*dir, flag.NArg()); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(dir string, arguments int) error {
	if arguments > 0 {
		return errors.New("takes no arguments")
	}
	pages, err := reference()
	if err != nil {
		return err
	}
	return write(dir, pages)
}
