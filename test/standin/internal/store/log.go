package store

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/agree"
)

// A record is its length and CRC-32 (little endian, 4 bytes each), then the
// bytes themselves.
const headerSize = 8

// maxRecord bounds a record, so that a torn length is not believed.
const maxRecord = 64 << 20

// openLog replays the log. A torn last record, as SIGKILL or a power cut
// leaves it, is cut off: it was never acknowledged.
func (s *Store) openLog(replay func(rec []byte) error) error {
	f, err := os.OpenFile(filepath.Join(s.Dir, logName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	s.log = f
	r := bufio.NewReader(f)
	for {
		rec, err := readRecord(r)
		if err != nil {
			break
		}
		if err := replay(rec); err != nil {
			return fmt.Errorf("store %s: %w", s.Dir, err)
		}
		s.end += headerSize + int64(len(rec))
	}
	return s.cut()
}

func readRecord(r io.Reader) ([]byte, error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[:4])
	if n == 0 || n > maxRecord {
		return nil, io.ErrUnexpectedEOF
	}
	rec := make([]byte, n)
	if _, err := io.ReadFull(r, rec); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(rec) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, io.ErrUnexpectedEOF
	}
	return rec, nil
}

// cut drops whatever stands after the last whole record.
func (s *Store) cut() error {
	if err := s.log.Truncate(s.end); err != nil {
		return err
	}
	_, err := s.log.Seek(s.end, io.SeekStart)
	return err
}

// Append writes one record; with agree.Durable it is on disk when Append
// returns without error.
func (s *Store) Append(rec []byte, sync agree.Sync) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	buf := make([]byte, headerSize, headerSize+len(rec))
	binary.LittleEndian.PutUint32(buf[:4], uint32(len(rec)))
	binary.LittleEndian.PutUint32(buf[4:], crc32.ChecksumIEEE(rec))
	if _, err := s.log.Write(append(buf, rec...)); err != nil {
		return errors.Join(err, s.cut())
	}
	if sync == agree.Durable {
		if err := s.log.Sync(); err != nil {
			return errors.Join(err, s.cut())
		}
	}
	s.end += headerSize + int64(len(rec))
	return nil
}
