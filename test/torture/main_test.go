package torture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	docker "github.com/crdb-kube/crdb-kube/test/standin/archive"
)

// image is that in standin.tar.
const image = "localkube.test/cockroach-standin:v21.1.2"

// laterRelease is one that the stand-in poses as, in an image beside that one.
const laterRelease = "v21.1.3"

// arena is one Kubernetes with three real machines, and what chooses the cases.
type arena struct {
	bin, dir   string
	program    string // crdb-kube
	sound      string // the same without a planted bug: for what comes before the verb
	kubeconfig string
	cfg        *rest.Config
	client     *kubernetes.Clientset
	seed       uint64
	long       bool
	until      time.Time // of a long run; zero: however long it takes
	report     *report
	calm       sync.RWMutex // held alone by who stops machines
	ready      sync.Once
	err        error
	guard      *exec.Cmd
	guarded    *os.File
}

// shared is what all tests of one run have in common.
var shared *arena

func TestMain(m *testing.M) {
	a, err := newArena()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(2)
	}
	shared = a
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		a.close()
		os.Exit(130)
	}()
	code := m.Run()
	if err := errors.Join(a.publish(), a.close()); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// publish writes the report of a long run.
func (a *arena) publish() error {
	if !a.long || a.cfg == nil {
		return nil
	}
	file, err := os.Create(os.Getenv("TORTURE_REPORT"))
	if err != nil {
		return err
	}
	a.report.write(file)
	return file.Close()
}

func newArena() (*arena, error) {
	a := &arena{bin: os.Getenv("E2E_BIN"), long: os.Getenv("TORTURE_REPORT") != ""}
	a.seed = 1 // what a change is held to must be the same each time
	if a.long {
		a.seed = rand.Uint64() % 1e6
	}
	if a.bin == "" {
		a.bin = filepath.Join("..", "..", "bin")
	}
	var err error
	if a.bin, err = filepath.Abs(a.bin); err != nil {
		return nil, err
	}
	a.program = filepath.Join(a.bin, "crdb-kube")
	a.sound = a.program
	if seed := os.Getenv("TORTURE_SEED"); seed != "" {
		if a.seed, err = strconv.ParseUint(seed, 10, 64); err != nil {
			return nil, fmt.Errorf("TORTURE_SEED: %w", err)
		}
	}
	if limit := os.Getenv("TORTURE_FOR"); limit != "" {
		length, err := time.ParseDuration(limit)
		if err != nil {
			return nil, fmt.Errorf("TORTURE_FOR: %w", err)
		}
		a.until = time.Now().Add(length)
	}
	a.report = newReport(a.seed)
	return a, nil
}

// with is the same arena for another build of the program.
func (a *arena) with(program string) *arena {
	return &arena{
		bin: a.bin, dir: a.dir, program: program, sound: a.sound, kubeconfig: a.kubeconfig, cfg: a.cfg, client: a.client,
		seed: a.seed, long: a.long, report: newReport(a.seed),
	}
}

// need starts the cluster for whoever asks first.
func (a *arena) need(t *testing.T) *arena {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skipf("needs real machines: %s", t.Name())
	}
	a.ready.Do(func() { a.err = a.start() })
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Logf("seed: TORTURE_SEED=%d", a.seed)
	return a
}

func (a *arena) start() error {
	dir, err := os.MkdirTemp("", "crdb-kube-torture-")
	if err != nil {
		return err
	}
	a.dir, a.kubeconfig = dir, filepath.Join(dir, "cluster", "kubeconfig")
	localkube, cluster := filepath.Join(a.bin, "localkube"), filepath.Join(dir, "cluster")
	if err := a.watchOver(localkube, cluster); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	up := exec.CommandContext(ctx, localkube, "up", "--dir", cluster, "--real", "3", "--storage", "immediate", "--image", filepath.Join(a.bin, "standin.tar"))
	if said, err := up.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", up, err, said)
	}
	if err := a.loadRelease(ctx, localkube, cluster); err != nil {
		return err
	}
	if a.cfg, err = clientcmd.BuildConfigFromFlags("", a.kubeconfig); err != nil {
		return err
	}
	a.cfg.QPS = -1
	a.client, err = kubernetes.NewForConfig(a.cfg)
	return err
}

// loadRelease puts a stand-in that poses as laterRelease into all machines.
func (a *arena) loadRelease(ctx context.Context, localkube, cluster string) error {
	program, err := os.ReadFile(filepath.Join(a.bin, "cockroach"))
	if err != nil {
		return err
	}
	const path = "/cockroach/cockroach"
	files := []docker.File{{Name: path, Mode: 0o755, Body: program}}
	for _, name := range []string{"/bin/sh", "/bin/cp", "/bin/rm"} {
		files = append(files, docker.File{Name: name, Link: path})
	}
	var tar bytes.Buffer
	if err := docker.Write(&tar, docker.Image{
		Tag: strings.TrimSuffix(image, "v21.1.2") + laterRelease, Architecture: runtime.GOARCH,
		Entrypoint: []string{path}, Env: []string{"STANDIN_RELEASE=" + laterRelease}, Files: files,
	}); err != nil {
		return err
	}
	file := filepath.Join(a.dir, laterRelease+".tar")
	if err := os.WriteFile(file, tar.Bytes(), 0o600); err != nil {
		return err
	}
	if said, err := exec.CommandContext(ctx, localkube, "load", "--dir", cluster, file).CombinedOutput(); err != nil {
		return fmt.Errorf("localkube load: %w\n%s", err, said)
	}
	return nil
}

// watchOver starts a shell that takes the cluster down when our end of its
// standard input closes, however this program ends.
func (a *arena) watchOver(localkube, cluster string) error {
	input, output, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	a.guard = exec.Command("sh", "-c", `trap "" INT TERM HUP; cat; exec "$0" down --dir "$1" $2 >/dev/null 2>&1`, localkube, cluster, "--purge")
	a.guard.Stdin, a.guarded = input, output
	a.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return a.guard.Start()
}

// close takes the cluster down.
func (a *arena) close() error {
	if a.guard == nil {
		return nil
	}
	a.guarded.Close()
	if err := a.guard.Wait(); err != nil {
		return fmt.Errorf("localkube down: %w", err)
	}
	if os.Getenv("E2E_KEEP") != "" {
		return nil
	}
	return os.RemoveAll(a.dir)
}

// over tells whether the time of a long run is up.
func (a *arena) over() bool { return !a.until.IsZero() && time.Now().After(a.until) }
