// Package archive writes container images as docker-archive tars (the form
// that `docker save` writes and `ctr images import` reads) from files in
// memory. The same image gives the same bytes. It imports nothing but the
// standard library.
package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// File is one file, directory or link of an image. Name is absolute. Missing
// parent directories are added with mode 0755.
type File struct {
	Name string
	Mode fs.FileMode // permissions, and fs.ModeSticky; fs.ModeDir makes a directory
	Body []byte
	Link string // target of a symbolic link; Mode and Body are not used then
}

// Image is an image of one layer.
type Image struct {
	Tag          string // NAME:TAG
	Architecture string // as in GOARCH
	Files        []File
	Env          []string
	Entrypoint   []string
	WorkingDir   string
	User         string
	Labels       map[string]string
}

// epoch is the time of everything in an image.
func epoch() time.Time { return time.Unix(0, 0).UTC() }

// Write writes images into one archive; a layer that several have is in it
// once.
func Write(w io.Writer, images ...Image) error {
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	var manifest []entry
	out := &archive{tar.NewWriter(w), map[string]bool{}}
	for _, img := range images {
		if img.Tag == "" || img.Architecture == "" {
			return fmt.Errorf("image %q for %q: tag and architecture are needed", img.Tag, img.Architecture)
		}
		layer, err := layer(img.Files)
		if err != nil {
			return fmt.Errorf("image %s: %w", img.Tag, err)
		}
		config, err := json.Marshal(configOf(img, digest(layer)))
		if err != nil {
			return err
		}
		e := entry{digest(config) + ".json", []string{img.Tag}, []string{digest(layer) + "/layer.tar"}}
		if err := errors.Join(out.add(e.Config, config), out.add(e.Layers[0], layer)); err != nil {
			return err
		}
		manifest = append(manifest, e)
	}
	body, err := json.Marshal(manifest)
	if err != nil {
		return err
	}
	if err := out.add("manifest.json", body); err != nil {
		return err
	}
	return out.Close()
}

// archive is a tar that has each name once.
type archive struct {
	*tar.Writer
	has map[string]bool
}

func (a *archive) add(name string, body []byte) error {
	if a.has[name] {
		return nil
	}
	a.has[name] = true
	head := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(body)), ModTime: epoch()}
	if err := a.WriteHeader(&head); err != nil {
		return err
	}
	_, err := a.Write(body)
	return err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func configOf(img Image, layerID string) any {
	type runConfig struct {
		Env        []string          `json:"Env,omitempty"`
		Entrypoint []string          `json:"Entrypoint,omitempty"`
		WorkingDir string            `json:"WorkingDir,omitempty"`
		User       string            `json:"User,omitempty"`
		Labels     map[string]string `json:"Labels,omitempty"`
	}
	return struct {
		Architecture string         `json:"architecture"`
		OS           string         `json:"os"`
		Created      string         `json:"created"`
		Config       runConfig      `json:"config"`
		RootFS       map[string]any `json:"rootfs"`
		History      []any          `json:"history"`
	}{
		img.Architecture, "linux", epoch().Format(time.RFC3339),
		runConfig{img.Env, img.Entrypoint, img.WorkingDir, img.User, img.Labels},
		map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layerID}},
		[]any{map[string]string{"created": epoch().Format(time.RFC3339), "created_by": "archive"}},
	}
}

// layer is the tar of the files in the order of their names.
func layer(files []File) ([]byte, error) {
	all, err := withParents(files)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, f := range all {
		head := tar.Header{Name: strings.TrimPrefix(f.Name, "/"), ModTime: epoch(), Mode: int64(f.Mode.Perm())}
		if f.Mode&fs.ModeSticky != 0 {
			head.Mode |= 0o1000
		}
		switch {
		case f.Link != "":
			head.Typeflag, head.Linkname, head.Mode = tar.TypeSymlink, f.Link, 0o777
		case f.Mode.IsDir():
			head.Typeflag = tar.TypeDir
			head.Name += "/"
		default:
			head.Typeflag, head.Size = tar.TypeReg, int64(len(f.Body))
		}
		if err := t.WriteHeader(&head); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		if head.Typeflag == tar.TypeReg {
			if _, err := t.Write(f.Body); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	err = t.Close()
	return b.Bytes(), err
}

func withParents(files []File) ([]File, error) {
	seen := map[string]bool{}
	var all []File
	for _, f := range files {
		if !path.IsAbs(f.Name) || path.Clean(f.Name) != f.Name || f.Name == "/" {
			return nil, fmt.Errorf("%q: not a clean absolute path", f.Name)
		}
		if seen[f.Name] {
			return nil, fmt.Errorf("%s: twice", f.Name)
		}
		seen[f.Name] = true
		all = append(all, f)
	}
	for _, f := range files {
		for dir := path.Dir(f.Name); dir != "/"; dir = path.Dir(dir) {
			if !seen[dir] {
				seen[dir] = true
				all = append(all, File{Name: dir, Mode: fs.ModeDir | 0o755})
			}
		}
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
