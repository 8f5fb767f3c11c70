package machine

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/archive"
	"github.com/crdb-kube/crdb-kube/test/localkube/internal/state"
)

// Place is where a file of the machine's own configuration stands on the host.
func Place(s *state.State, m state.Machine, name string) string {
	return filepath.Join(s.Root(m.Name), Folder, name)
}

// PodImage makes the archive of PauseImage.
func PodImage(s *state.State) ([]byte, error) {
	path, err := binary(s, "localkube-pod")
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = archive.Write(&out, archive.Image{
		Name:       PauseImage,
		Entrypoint: []string{"/bin/localkube-pod"},
		Files: []archive.File{
			{Path: "/bin/localkube-pod", Data: program, Mode: 0o755},
			{Path: "/bin/setup", Link: "localkube-pod"},
			{Path: "/bin/teardown", Link: "localkube-pod"},
		},
	})
	return out.Bytes(), err
}
