package main

import (
	"bytes"
	"fmt"

	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// causes is the page of all causes, from the catalogue that explain prints.
func causes() []byte {
	page := bytes.NewBufferString("<!-- Written by `make generate` from the catalogue itself. -->\n")
	page.WriteString(`# Causes

When a cluster does not come up, crdb-kube names a cause: what is wrong, what it
was concluded from, and what to type next. The names are stable; they stand
behind errors and problems, in the JSON of events and of crdb-kube status, and
crdb-kube explain prints their entries.

The class decides what a command that waits does about it:

| class | who ends it | what ` + "`up`" + ` does |
|---|---|---|
| ` + string(progress.User) + ` | only somebody who does something | fails at once. What was seen before it began counts only when it is seen again, or has stood for the time of --grace |
| ` + string(progress.Unclear) + ` | it may pass | waits as long as --grace says (60 s), then fails |
| ` + string(progress.Passing) + ` | it passes, or keeps nothing from working | shows it, and waits on |

`)
	for _, e := range diagnose.Catalogue() {
		fmt.Fprintf(page, "## %s\n\nClass: %s\n\n%s\n\n- **Seen by**: %s\n- **What to do**: %s\n\n", e.ID, e.Class, e.Means, e.Seen, e.Do)
	}
	return append(bytes.TrimRight(page.Bytes(), "\n"), '\n')
}
