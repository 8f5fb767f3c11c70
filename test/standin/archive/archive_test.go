package archive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"testing"
)

func sample() Image {
	return Image{
		Tag: "example.test/thing:v1", Architecture: "amd64", Entrypoint: []string{"/bin/thing"}, WorkingDir: "/data",
		Files: []File{
			{Name: "/bin/thing", Mode: 0o755, Body: []byte("program")},
			{Name: "/bin/other", Link: "thing"},
			{Name: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
		},
	}
}

// read gives the content of every regular file of a tar, and all headers.
func read(t *testing.T, b []byte) (map[string][]byte, map[string]*tar.Header) {
	t.Helper()
	bodies, heads := map[string][]byte{}, map[string]*tar.Header{}
	r := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return bodies, heads
		}
		if err != nil {
			t.Fatal(err)
		}
		heads[h.Name] = h
		if bodies[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWrite_manifestNamesConfigAndLayer(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	outer, _ := read(t, b.Bytes())
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal(outer["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	m := manifest[0]
	if m.RepoTags[0] != "example.test/thing:v1" {
		t.Errorf("tags: %v", m.RepoTags)
	}
	var config struct {
		Architecture string
		RootFS       struct {
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(outer[m.Config], &config); err != nil {
		t.Fatal(err)
	}
	if want := "sha256:" + digest(outer[m.Layers[0]]); config.RootFS.DiffIDs[0] != want || config.Architecture != "amd64" {
		t.Errorf("config: %+v, want the layer %s", config, want)
	}
	bodies, heads := read(t, outer[m.Layers[0]])
	if string(bodies["bin/thing"]) != "program" || heads["bin/thing"].Mode != 0o755 {
		t.Errorf("bin/thing: %+v", heads["bin/thing"])
	}
	if h := heads["bin/other"]; h.Typeflag != tar.TypeSymlink || h.Linkname != "thing" {
		t.Errorf("bin/other: %+v", h)
	}
	if h := heads["tmp/"]; h == nil || h.Mode != 0o1777 {
		t.Errorf("tmp: %+v", h)
	}
	if heads["bin/"] == nil {
		t.Error("bin: the parent directory is missing")
	}
}

func TestWrite_sameImageSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(Write(&a, sample()), Write(&b, sample())); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two writes of one image differ")
	}
}

func TestWrite_refusesPathsThatAreNotClean(t *testing.T) {
	for _, name := range []string{"bin/x", "/bin/../x", "/", "/bin/"} {
		img := sample()
		img.Files = []File{{Name: name, Mode: 0o644}}
		if err := Write(io.Discard, img); err == nil {
			t.Errorf("%q: accepted", name)
		}
	}
}

func TestWrite_imagesThatShareALayer(t *testing.T) {
	other := sample()
	other.Tag, other.Env = "example.test/thing:v2", []string{"A=b"}
	var one, b bytes.Buffer
	if err := errors.Join(Write(&one, sample()), Write(&b, sample(), other)); err != nil {
		t.Fatal(err)
	}
	outer, _ := read(t, b.Bytes())
	var manifest []struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	if err := json.Unmarshal(outer["manifest.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	if len(manifest) != 2 || manifest[0].RepoTags[0] != sample().Tag || manifest[1].RepoTags[0] != other.Tag {
		t.Fatalf("manifest: %+v", manifest)
	}
	if manifest[0].Layers[0] != manifest[1].Layers[0] || manifest[0].Config == manifest[1].Config {
		t.Errorf("manifest: %+v, want one layer and two configurations", manifest)
	}
	if len(outer) != 4 { // two configurations, one layer, the manifest
		t.Errorf("%d files", len(outer))
	}
}
