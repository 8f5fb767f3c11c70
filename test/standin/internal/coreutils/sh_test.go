package coreutils

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// secret is a directory as the kubelet makes it: links to files of a group.
func secret(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	data := filepath.Join(dir, "..data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.crt", "node.key"} {
		file := filepath.Join(data, name)
		if err := os.WriteFile(file, []byte(content+name), 0o440); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func sh(t *testing.T, script string) (int, string) {
	t.Helper()
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	var stderr strings.Builder
	code := Sh([]string{"-c", script}, &stderr)
	return code, stderr.String()
}

func TestSh_copiesASecretSoThatOnlyItsOwnerReadsIt(t *testing.T) {
	to := t.TempDir()
	for _, content := range []string{"first ", "second "} {
		from := secret(t, content)
		if code, said := sh(t, "umask 077 && cp -f "+from+"/ca.crt "+from+"/node.key "+to+"/"); code != 0 {
			t.Fatalf("exit code %d: %s", code, said)
		}
		for _, name := range []string{"ca.crt", "node.key"} {
			info, err := os.Lstat(filepath.Join(to, name))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != 0o400 {
				t.Errorf("%s has mode %v, want that of the source less the mask", name, info.Mode())
			}
			if got, _ := os.ReadFile(filepath.Join(to, name)); string(got) != content+name {
				t.Errorf("%s holds %q", name, got)
			}
		}
	}
}

func TestSh_sendsTheSignalThatReloads(t *testing.T) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, syscall.SIGHUP)
	defer signal.Stop(got)
	if code, said := sh(t, "kill -HUP "+strconv.Itoa(os.Getpid())); code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
	select {
	case <-got:
	case <-time.After(10 * time.Second):
		t.Error("no signal came")
	}
}

func TestSh_refusesWhatItDoesNotKnow(t *testing.T) {
	for _, script := range []string{
		"", "echo x", "cp a b; rm a", "cp $A b", "umask 077 &&", "kill -9 1", "kill 1", "umask x", "cp a b &", "cp 'a' b",
	} {
		if code, said := sh(t, script); code != 2 || said == "" {
			t.Errorf("%q: exit code %d, %q", script, code, said)
		}
	}
	if code, _ := sh(t, "cp /no/such/file /tmp/x && kill -HUP 1"); code != 1 {
		t.Errorf("a command that fails: exit code %d, and the next may have run", code)
	}
}

func TestSh_sleepsAsLongAsItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if code := Sh([]string{"-c", "sleep 90"}, io.Discard); code != 0 || time.Since(began) != 90*time.Second {
			t.Errorf("exit code %d after %s", code, time.Since(began))
		}
	})
	if code := Sh([]string{"-c", "sleep soon"}, io.Discard); code != 1 {
		t.Errorf("exit code %d for no time", code)
	}
}
