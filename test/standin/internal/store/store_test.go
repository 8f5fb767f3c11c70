package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
)

func open(t *testing.T, dir string) (*Store, []string) {
	t.Helper()
	var recs []string
	s, err := Open(dir, func(rec []byte) error {
		recs = append(recs, string(rec))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, recs
}

// abandon ends the use of the store as SIGKILL does.
func abandon(s *Store) {
	_ = s.log.Close()
	s.release()
}

func TestOpen_recordsAreThereAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, recs := open(t, dir)
	if len(recs) != 0 || !s.Clean {
		t.Errorf("new store: %v, clean %v", recs, s.Clean)
	}
	for _, r := range []string{"one", "two"} {
		if err := s.Append([]byte(r), agree.Durable); err != nil {
			t.Fatal(err)
		}
	}
	abandon(s)
	s, recs = open(t, dir)
	if diff := cmp.Diff([]string{"one", "two"}, recs); diff != "" {
		t.Error(diff)
	}
	if s.Clean {
		t.Error("an abandoned store counts as cleanly stopped")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, _ = open(t, dir); !s.Clean {
		t.Error("a closed store does not count as cleanly stopped")
	}
	abandon(s)
}

func TestOpen_tornRecordIsCutOff(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "data")
	s, _ := open(t, whole)
	for _, r := range []string{"first", "second"} {
		if err := s.Append([]byte(r), agree.Durable); err != nil {
			t.Fatal(err)
		}
	}
	abandon(s)
	log, err := os.ReadFile(filepath.Join(whole, logName))
	if err != nil {
		t.Fatal(err)
	}
	second := headerSize + len("first")
	for n := second; n < len(log); n++ {
		dir := filepath.Join(t.TempDir(), "data")
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, logName), log[:n], 0o644)); err != nil {
			t.Fatal(err)
		}
		s, recs := open(t, dir)
		if diff := cmp.Diff([]string{"first"}, recs); diff != "" {
			t.Fatalf("cut at %d: %s", n, diff)
		}
		if err := s.Append([]byte("third"), agree.Durable); err != nil {
			t.Fatal(err)
		}
		abandon(s)
		s, recs = open(t, dir)
		if diff := cmp.Diff([]string{"first", "third"}, recs); diff != "" {
			t.Fatalf("cut at %d, then appended: %s", n, diff)
		}
		abandon(s)
	}
}

func TestOpen_secondUseIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, _ := open(t, dir)
	defer abandon(s)
	_, err := Open(dir, func([]byte) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "could not lock temporary directory "+s.TempDir+", may still be in use") {
		t.Errorf("%v", err)
	}
	if !errors.Is(err, syscall.EAGAIN) {
		t.Errorf("%v, want resource temporarily unavailable", err)
	}
}

func TestOpen_temporaryDirectoryOfADeadProcessGoes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, _ := open(t, dir)
	old := s.TempDir
	abandon(s)
	s, _ = open(t, dir)
	defer abandon(s)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", old, err)
	}
}

func TestOpen_looksLikeAnUninitialisedStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, _ := open(t, dir)
	defer abandon(s)
	for _, name := range []string{"CURRENT", "LOCK", "MANIFEST-000001", "OPTIONS-000003", logName, "auxiliary", "logs", tempRecord} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if used := s.Used(); used < 50<<10 || used > 75<<10 {
		t.Errorf("%d bytes, recorded about 62 KB", used)
	}
}
