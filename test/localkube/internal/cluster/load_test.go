package cluster

import (
	"os"
	"path/filepath"
	"testing"
)

// Two loads of an image that is not there yet: one of them is late.
func TestImportImage_goesOnWhereAnotherLoadWasFaster(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		fails  bool
	}{
		"made in between": {`[ -e "$0.once" ] || { touch "$0.once"; echo 'image "a": already exists'; exit 1; }; echo unpacking a`, false},
		"no such file":    {`[ -e "$0.once" ] && exit 0; touch "$0.once"; echo no such file; exit 1`, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ctr"), []byte("#!/bin/sh\n"+test.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH"))
			out, err := importImage(t.Context(), "socket", "image.tar")
			if (err != nil) != test.fails {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}
