// Command docs writes what is made from the program itself: the reference of all
// commands and flags into docs/reference, one page each, from its command tree,
// the page of all causes from its catalogue, and the JSON Schemas into docs/schema, from the types that it prints. It is run
// in the repository's top folder, by `make generate`.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("o", "docs", "folder that reference and schema are written to")
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
	files, err := schemas(".")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "causes.md"), causes(), 0o644), //nolint:gosec // a page for everybody
		folder{filepath.Join(dir, "reference"), "*.md", mark}.write(pages),
		folder{filepath.Join(dir, "schema"), "*.json", schemaMark}.write(files),
	)
}
