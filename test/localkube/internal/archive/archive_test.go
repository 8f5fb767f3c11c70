package archive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

func TestWrite_makesAnArchiveWhosePartsAgree(t *testing.T) {
	image := Image{
		Name: "test.invalid/a:1", Entrypoint: []string{"/bin/a"},
		Files: []File{{Path: "/bin/a", Data: []byte("program"), Mode: 0o755}, {Path: "/bin/b", Link: "a"}},
	}
	var one, two bytes.Buffer
	if err := errors.Join(Write(&one, image), Write(&two, image)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same image twice differs")
	}
	outer := unpack(t, one.Bytes())
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(outer["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	var config struct {
		Rootfs struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(outer[manifest[0].Config], &config); err != nil {
		t.Fatal(err)
	}
	layer := outer[manifest[0].Layers[0]]
	if got, want := config.Rootfs.DiffIDs[0], "sha256:"+digest(layer); got != want {
		t.Errorf("the layer is %s, the config says %s", want, got)
	}
	files := unpack(t, layer)
	if string(files["bin/a"]) != "program" || string(files["bin/b"]) != "-> a" {
		t.Errorf("the layer holds %q", files)
	}
	if _, ok := files["bin/"]; !ok || manifest[0].RepoTags[0] != image.Name {
		t.Errorf("no folder bin, or the name is %s", manifest[0].RepoTags)
	}
}

// unpack reads a tar; a link's content is where it leads.
func unpack(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	in := tar.NewReader(bytes.NewReader(data))
	for {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if header.Linkname != "" {
			content = []byte("-> " + header.Linkname)
		}
		files[header.Name] = content
	}
}
