// Package store is the stand-in's data directory: a lock, the harmless files
// that an uninitialised store of the real program also has, and one
// append-only log of checksummed records.
package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// names of files in the directory.
const (
	logName     = "000002.log"
	cleanName   = "CLEAN_SHUTDOWN" // the stand-in's own: the last stop was a clean one
	tempRecord  = "temp-dirs-record.txt"
	tempLock    = "TEMP_DIR.LOCK"
	plainPrefix = "stand-in for CockroachDB v21.1.2, not a real store\n"
)

// Store is an open data directory.
type Store struct {
	Dir     string
	TempDir string
	Clean   bool // the last process stopped cleanly, or there was none

	locks []*os.File
	mu    sync.Mutex
	log   *os.File
	end   int64 // length of the log's whole records
}

// Open makes or opens the directory and gives every record of its log to
// replay, in order.
func Open(dir string, replay func(rec []byte) error) (*Store, error) {
	s := &Store{Dir: dir}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		return nil, fmt.Errorf("unable to create log directory: %w", err)
	}
	if err := s.open(replay); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(replay func(rec []byte) error) error {
	if err := s.claimTemp(); err != nil {
		return err
	}
	lock, err := flock(filepath.Join(s.Dir, "LOCK"))
	if err != nil {
		return fmt.Errorf("could not lock store %s: %w", s.Dir, err)
	}
	s.locks = append(s.locks, lock)
	if err := s.plainFiles(); err != nil {
		return err
	}
	if err := s.openLog(replay); err != nil {
		return err
	}
	clean := filepath.Join(s.Dir, cleanName)
	_, err = os.Stat(clean)
	s.Clean = err == nil || s.end == 0
	if err := os.Remove(clean); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// claimTemp removes temporary directories of processes that are gone, fails
// on one that is in use, and makes an own one.
func (s *Store) claimTemp() error {
	record := filepath.Join(s.Dir, tempRecord)
	old, err := os.ReadFile(record)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for dir := range strings.FieldsSeq(string(old)) {
		if filepath.Dir(dir) != filepath.Clean(s.Dir) {
			continue // written under another mount point: not ours to touch
		}
		lock, err := flock(filepath.Join(dir, tempLock))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("could not cleanup temporary directories from record file: could not lock temporary directory %s, may still be in use: %w", dir, err)
		}
		err = errors.Join(lock.Close(), os.RemoveAll(dir))
		if err != nil {
			return err
		}
	}
	if s.TempDir, err = os.MkdirTemp(s.Dir, "cockroach-temp"); err != nil {
		return err
	}
	lock, err := flock(filepath.Join(s.TempDir, tempLock))
	if err != nil {
		return err
	}
	s.locks = append(s.locks, lock)
	return os.WriteFile(record, []byte(s.TempDir+"\n"), 0o644)
}

// plainFiles writes what a directory of the real program has before init, as
// far as names go: a directory that is not empty is not an initialised one.
func (s *Store) plainFiles() error {
	if err := os.MkdirAll(filepath.Join(s.Dir, "auxiliary"), 0o755); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"CURRENT":         "MANIFEST-000001\n",
		"MANIFEST-000001": plainPrefix,
		"OPTIONS-000003":  plainPrefix + strings.Repeat("# padding to the recorded size of about 62 KB\n", 1300),
	} {
		path := filepath.Join(s.Dir, name)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// WriteAddress writes one of the files named cockroach.KIND-addr.
func (s *Store) WriteAddress(kind, addr string) error {
	return os.WriteFile(filepath.Join(s.Dir, "cockroach."+kind+"-addr"), []byte(addr), 0o644)
}

// Used is the size of all files in bytes.
func (s *Store) Used() int64 {
	var sum int64
	_ = filepath.WalkDir(s.Dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil //nolint:nilerr // a file that went meanwhile has no size
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// Space is the size of the file system and what is free on it, in bytes.
func (s *Store) Space() (total, free int64) {
	var st syscall.Statfs_t
	if syscall.Statfs(s.Dir, &st) != nil {
		return 0, 0
	}
	size := int64(st.Bsize) //nolint:unconvert // its type differs by system
	return int64(st.Blocks) * size, int64(st.Bavail) * size
}

// Close ends the use of the directory after a clean stop.
func (s *Store) Close() error {
	err := os.WriteFile(filepath.Join(s.Dir, cleanName), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644)
	err = errors.Join(err, s.log.Sync(), s.log.Close(), os.RemoveAll(s.TempDir))
	s.release()
	return err
}

// Leave ends the use of the directory as it was found.
func (s *Store) Leave() error {
	if s.Clean {
		return s.Close()
	}
	err := errors.Join(s.log.Close(), os.RemoveAll(s.TempDir))
	s.release()
	return err
}

func (s *Store) release() {
	for _, f := range s.locks {
		_ = f.Close()
	}
}

func flock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
