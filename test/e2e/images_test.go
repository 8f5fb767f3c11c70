package e2e

import (
	"os"
	"os/exec"

	"github.com/crdb-kube/crdb-kube/test/standin/archive"
)

// cockroachPath is the database's program in its image.
const cockroachPath = "/cockroach/cockroach"

// standinFiles are what the image of the stand-in is made of.
func (p place) standinFiles() []archive.File {
	p.t.Helper()
	program, err := os.ReadFile(p.suite.program("cockroach"))
	if err != nil {
		p.t.Fatal(err)
	}
	files := []archive.File{{Name: cockroachPath, Mode: 0o755, Body: program}}
	for _, name := range []string{"/bin/sh", "/bin/cp", "/bin/rm"} {
		files = append(files, archive.File{Name: name, Link: cockroachPath})
	}
	return files
}

// load puts an image into all machines.
func (p place) load(tar string) {
	p.t.Helper()
	if p.cluster.dir == "" {
		leaveOut(p.t, "images can be loaded into localkube only")
	}
	load := exec.CommandContext(p.t.Context(), p.suite.program("localkube"), "load", "--dir", p.cluster.dir, tar)
	if said, err := load.CombinedOutput(); err != nil {
		p.t.Fatalf("localkube load %s: %v\n%s", tar, err, said)
	}
}

func imageOf(release string) string { return "localkube.test/cockroach-standin:" + release }

// releases loads stand-ins that pose as other releases into all machines:
// v21.1.3, v21.2.0 and v22.1.0.
func (p place) releases() {
	p.t.Helper()
	p.load(p.suite.program("standin-releases.tar"))
}
