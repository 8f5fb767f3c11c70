//go:build long

package e2e

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"runtime"
	"testing"

	"github.com/crdb-kube/crdb-kube/test/standin/archive"
)

// Images that cannot be had, or cannot run.

func TestCauses_ofAnImage(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		cause, next string
		image       func(p place) string
	}{
		{"IMAGE_NOT_FOUND", "--image", place.emptyRegistry},
		{"IMAGE_FOR_OTHER_CPU", "--image", func(p place) string { return p.loadedWith("other-cpu", programForOtherCPU(p.t)) }},
		{"COMMAND_NOT_FOUND", "--image", func(p place) string { return p.loadedWith("no-program") }},
	} {
		t.Run(one.cause, func(t *testing.T) {
			p := arrive(t, defaultClass)
			p.saysAtOnce(p.crdb(p.up(p.small("--image", one.image(p))...)...), one.cause, one.next)
			status := p.crdb("status")
			status.says(status.stdout, "("+one.cause+")", "  next  ")
		})
	}
}

// An image that only comes while up waits is no failure.
func TestUp_goesOnWithAnImageThatIsLoadedMeanwhile(t *testing.T) {
	p := arrive(t, defaultClass)
	image := imageNamed("late")
	going := p.start(p.up(p.small("--image", image, "--progress", "json")...)...)
	going.until(func(e event) bool { return e.Step == "start" && e.Cause.ID == "REGISTRY_UNREACHABLE" })
	p.loadedWith("late", p.standinFiles()...)
	p.idle(func() { going.wait().ok("ready in", "3 pods") })
	p.oneCluster(3)
}

// emptyRegistry is a registry on every machine that has no image: the HTTP
// port of a database, which says 404 to whatever it does not know. Without a
// certificate containerd speaks to none but the machine's own.
func (p place) emptyRegistry() string {
	p.t.Helper()
	p.kubectlWith(fmt.Sprintf(`
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: registry}
spec:
  selector: {matchLabels: {app: registry}}
  template:
    metadata: {labels: {app: registry}}
    spec:
      hostNetwork: true
      terminationGracePeriodSeconds: 1
      containers:
      - name: registry
        image: %s
        command: [/cockroach/cockroach, start-single-node, --insecure, --store=/data, --listen-addr=127.0.0.1:5001, "--http-addr=:5000"]
        readinessProbe: {httpGet: {path: /health, port: 5000}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, emptyDir: {}}]
`, p.suite.image), "create", "-f", "-")
	p.t.Cleanup(func() { p.atTheEnd("delete", "daemonset", "registry", "-n", p.namespace) })
	p.kubectl("rollout", "status", "daemonset/registry", "--timeout=60s")
	return "127.0.0.1:5000/cockroach:v21.1.2"
}

// imageNamed is a name in a registry that is not there.
func imageNamed(name string) string { return "localkube.test/" + name + ":v21.1.2" }

// loadedWith is an image of no more than these files, loaded into all machines.
func (p place) loadedWith(name string, files ...archive.File) string {
	p.t.Helper()
	image := archive.Image{
		Tag: imageNamed(name), Architecture: runtime.GOARCH, Entrypoint: []string{cockroachPath},
		Files: append(files, archive.File{Name: "/tmp/" + name, Mode: 0o644}),
	}
	var tar bytes.Buffer
	if err := archive.Write(&tar, image); err != nil {
		p.t.Fatal(err)
	}
	p.load(file(p.t, name+".tar", tar.Bytes()))
	return image.Tag
}

// programForOtherCPU is the header of a program for a processor that no
// machine of these tests has; with less the kernel would not look at it.
func programForOtherCPU(t *testing.T) archive.File {
	t.Helper()
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_RISCV), Version: uint32(elf.EV_CURRENT),
		Ehsize: 64, Phentsize: 56,
	}
	body, err := binary.Append(nil, binary.LittleEndian, header)
	if err != nil {
		t.Fatal(err)
	}
	return archive.File{Name: "/bin/sh", Mode: 0o755, Body: append(body, make([]byte, 512)...)}
}
