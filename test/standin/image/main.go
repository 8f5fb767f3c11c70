// Command image writes the stand-in's container images, one for each release
// that it poses as:
//
//	go run ./test/standin/image -binary cockroach -o standin.tar [-release v21.1.3,v21.2.0] [-arch ARCH]
package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/archive"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
)

const repository = "localkube.test/cockroach-standin"

func main() {
	binary := flag.String("binary", "", "the stand-in, built with CGO_ENABLED=0")
	out := flag.String("o", "", "the tar to write")
	releases := flag.String("release", string(release.Recorded), "which releases the images pose as: vX.Y.Z, with commas between them")
	arch := flag.String("arch", runtime.GOARCH, "architecture of the binary")
	flag.Parse()
	if err := run(*binary, *out, *releases, *arch); err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func run(binary, out, releases, arch string) error {
	if binary == "" || out == "" {
		return errors.New("-binary and -o: both are needed")
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	if err := checkStatic(program); err != nil {
		return fmt.Errorf("%s: %w", binary, err)
	}
	var images []archive.Image
	for tag := range strings.SplitSeq(releases, ",") {
		poses, err := release.Parse(tag)
		if err != nil {
			return err
		}
		images = append(images, imageOf(program, poses, arch))
	}
	var b bytes.Buffer
	if err := archive.Write(&b, images...); err != nil {
		return err
	}
	return os.WriteFile(out, b.Bytes(), 0o644)
}

// imageOf is the program under its four names, and /tmp. The release is in the
// environment alone: all images have the same layer.
func imageOf(program []byte, poses release.Release, arch string) archive.Image {
	const path = "/cockroach/cockroach"
	return archive.Image{
		Tag: repository + ":" + string(poses), Architecture: arch,
		Entrypoint: []string{path}, WorkingDir: "/cockroach",
		Env: []string{
			"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/cockroach",
			release.Env + "=" + string(poses),
		},
		Labels: map[string]string{"description": "a stand-in for CockroachDB, for tests; not a database"},
		Files: []archive.File{
			{Name: path, Mode: 0o755, Body: program},
			{Name: "/bin/sh", Link: path},
			{Name: "/bin/rm", Link: path},
			{Name: "/bin/cp", Link: path},
			{Name: "/tmp", Mode: fs.ModeDir | fs.ModeSticky | 0o777},
			{Name: "/etc/passwd", Mode: 0o644, Body: []byte("root:x:0:0:root:/root:/bin/false\n")},
		},
	}
}

// checkStatic refuses a program that needs a loader: the image has none.
func checkStatic(program []byte) error {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return fmt.Errorf("not a Linux program: %w", err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("dynamically linked; build it with CGO_ENABLED=0")
		}
	}
	return nil
}
