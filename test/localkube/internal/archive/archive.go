// Package archive writes container images as the tar files that `docker save`
// writes and that containerd imports: one layer, no registry.
package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"path"
	"runtime"
	"strings"
)

// File is a regular file of an image, or a symbolic link.
type File struct {
	// Path is absolute; folders on the way are made.
	Path string
	Data []byte
	Mode int64
	// Link is where a symbolic link leads; empty for a regular file.
	Link string
}

// Image is what to write.
type Image struct {
	// Name is NAME:TAG.
	Name       string
	Entrypoint []string
	Files      []File
}

// Write writes the image. The same image gives the same bytes.
func Write(w io.Writer, image Image) error {
	layer, err := layerOf(image.Files)
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": image.Entrypoint, "Env": []string{"PATH=/bin"}, "WorkingDir": "/"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + digest(layer)}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{
		"Config":   digest(config) + ".json",
		"RepoTags": []string{image.Name},
		"Layers":   []string{digest(layer) + "/layer.tar"},
	}})
	if err != nil {
		return err
	}
	out := tar.NewWriter(w)
	for _, f := range []File{
		{Path: digest(config) + ".json", Data: config, Mode: 0o644},
		{Path: digest(layer) + "/layer.tar", Data: layer, Mode: 0o644},
		{Path: "manifest.json", Data: manifest, Mode: 0o644},
	} {
		if err := add(out, f); err != nil {
			return err
		}
	}
	return out.Close()
}

// layerOf is the image's one layer: /tmp, and the files with their folders.
func layerOf(files []File) ([]byte, error) {
	var layer bytes.Buffer
	out := tar.NewWriter(&layer)
	made := map[string]bool{}
	folder := func(name string, mode int64) error {
		if made[name] {
			return nil
		}
		made[name] = true
		return out.WriteHeader(&tar.Header{Name: name + "/", Typeflag: tar.TypeDir, Mode: mode})
	}
	if err := folder("tmp", 0o1777); err != nil {
		return nil, err
	}
	for _, f := range files {
		f.Path = strings.TrimPrefix(path.Clean(f.Path), "/")
		steps := strings.Split(f.Path, "/")
		for i := 1; i < len(steps); i++ {
			if err := folder(strings.Join(steps[:i], "/"), 0o755); err != nil {
				return nil, err
			}
		}
		if err := add(out, f); err != nil {
			return nil, err
		}
	}
	err := out.Close()
	return layer.Bytes(), err
}

func add(out *tar.Writer, f File) error {
	if f.Link != "" {
		return out.WriteHeader(&tar.Header{Name: f.Path, Typeflag: tar.TypeSymlink, Linkname: f.Link, Mode: 0o777})
	}
	if err := out.WriteHeader(&tar.Header{Name: f.Path, Typeflag: tar.TypeReg, Mode: f.Mode, Size: int64(len(f.Data))}); err != nil {
		return err
	}
	_, err := out.Write(f.Data)
	return err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
