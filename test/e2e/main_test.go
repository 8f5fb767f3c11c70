package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// standin is the image in standin.tar.
const standin = "localkube.test/cockroach-standin:v21.1.2"

// settings are what the environment says.
type settings struct {
	bin string
	// kubeconfig is that of a cluster which is not ours; empty: localkube.
	kubeconfig string
	image      string
	keep       bool
}

func readSettings() (settings, error) {
	s := settings{
		bin:        os.Getenv("E2E_BIN"),
		kubeconfig: os.Getenv("E2E_KUBECONFIG"),
		image:      os.Getenv("E2E_IMAGE"),
		keep:       os.Getenv("E2E_KEEP") != "",
	}
	if s.bin == "" {
		s.bin = filepath.Join("..", "..", "bin")
	}
	bin, err := filepath.Abs(s.bin)
	if err != nil {
		return s, err
	}
	s.bin = bin
	if s.kubeconfig == "" {
		s.image = standin
		return s, nil
	}
	if s.image == "" {
		return s, fmt.Errorf("E2E_IMAGE: must name the image for the cluster of E2E_KUBECONFIG")
	}
	s.kubeconfig, err = filepath.Abs(s.kubeconfig)
	return s, err
}

// real says whether machines of localkube can be real here.
func (s settings) real() bool { return runtime.GOOS == "linux" && os.Geteuid() == 0 }

// program is the path of one of the programs in E2E_BIN.
func (s settings) program(name string) string { return filepath.Join(s.bin, name) }

// shared is what all scenarios of one run have in common.
var shared *suite

func TestMain(m *testing.M) {
	if dir := os.Getenv(guardedDir); dir != "" {
		os.Exit(guardMain(dir))
	}
	flag.Parse()
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	s, err := readSettings()
	if err == nil {
		shared, err = newSuite(s)
	}
	// How many scenarios run at once is decided in the suite: some only wait.
	// None may be kept from it, since the others wait for those that come early.
	if err == nil {
		err = flag.Set("test.parallel", "1000")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		got := <-signals
		fmt.Fprintln(os.Stderr, "e2e:", got, "- taking the clusters down")
		_ = shared.close()
		os.Exit(130)
	}()
	code := m.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	return code
}
