package kube

import (
	"bufio"
	"context"
	"errors"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LogQuery says which lines of a container's log are wanted.
type LogQuery struct {
	Namespace, Pod, Container string
	// Since leaves out what is older, to the second; zero: nothing.
	Since time.Time
	// Tail leaves out all but the last lines; below 0: none.
	Tail int64
	// Follow goes on until the container ends.
	Follow bool
	// Previous is the log of the container that ran before this one.
	Previous bool
}

// ErrNoLog says that the container has no log, or none to be had yet: it waits to be
// started, or never ran before.
var ErrNoLog = errors.New("no log")

// LogStream is a log that is being read.
type LogStream struct {
	body  io.ReadCloser
	lines *bufio.Reader
}

// LogLine is one line, without its end. The kubelet gives the time at which it came, to
// the nanosecond; it is zero for the rest of a line that is longer than maxLogLine.
type LogLine struct {
	Time time.Time
	Text []byte // good until the next line is read
}

// maxLogLine is more than the database writes in one. A longer line comes in pieces.
const maxLogLine = 64 << 10

// Logs opens a log. ErrNoLog: there is none.
func (c *Client) Logs(ctx context.Context, q LogQuery) (*LogStream, error) {
	opts := &corev1.PodLogOptions{Container: q.Container, Follow: q.Follow, Previous: q.Previous, Timestamps: true}
	if !q.Since.IsZero() {
		opts.SinceTime = &metav1.Time{Time: q.Since}
	}
	if q.Tail >= 0 {
		opts.TailLines = &q.Tail
	}
	body, err := c.clientset.CoreV1().Pods(q.Namespace).GetLogs(q.Pod, opts).Stream(ctx)
	switch {
	case apierrors.IsBadRequest(err): // "is waiting to start", "previous terminated container … not found"
		return nil, about(Ref{Kind: Pod, Name: q.Pod}.String(), errors.Join(ErrNoLog, err))
	case err != nil:
		return nil, c.explain(ctx, Ref{Kind: Pod, Name: q.Pod}.String(), err)
	}
	return ReadLog(body), nil
}

// ReadLog reads lines from a log as the kubelet sends it with timestamps.
func ReadLog(body io.ReadCloser) *LogStream {
	return &LogStream{body: body, lines: bufio.NewReaderSize(body, maxLogLine)}
}

// Next is the next line. io.EOF: there are no more, or the connection has ended.
func (s *LogStream) Next() (LogLine, error) {
	text, err := s.lines.ReadSlice('\n')
	if len(text) == 0 && err != nil {
		return LogLine{}, err
	}
	if err == nil {
		text = text[:len(text)-1]
	}
	return parseLogLine(text), nil
}

// Close ends it.
func (s *LogStream) Close() { _ = s.body.Close() }

func parseLogLine(text []byte) LogLine {
	for i, b := range text {
		if b != ' ' {
			continue
		}
		if at, err := time.Parse(time.RFC3339Nano, string(text[:i])); err == nil {
			return LogLine{Time: at, Text: text[i+1:]}
		}
		break
	}
	return LogLine{Text: text}
}
