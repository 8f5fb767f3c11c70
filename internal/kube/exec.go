package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"
)

// executor runs commands in containers: over a websocket, or where a server or a proxy
// between does not know those, over SPDY.
type executor struct {
	client *Client
	api    rest.Interface
	config *rest.Config
}

func (e *executor) run(ctx context.Context, cmd Command) (int, error) {
	subject := Ref{Kind: Pod, Name: cmd.Pod}.String()
	websocket, spdy, err := e.open(cmd)
	if err != nil {
		return 0, about(subject, err)
	}
	// Copying may go on for a moment after ctx has ended; by then the caller's buffers
	// are the caller's again.
	stdout, stderr := newTap(cmd.Stdout), newTap(cmd.Stderr)
	options := remotecommand.StreamOptions{Stdin: cmd.Stdin, Stdout: stdout, Stderr: stderr}
	if cmd.Terminal != nil {
		options.Tty, options.Stderr, options.TerminalSizeQueue = true, nil, sizes{cmd.Terminal}
	}
	err = overBoth(
		func() error { return websocket.StreamWithContext(ctx, options) },
		func() error { return spdy.StreamWithContext(ctx, options) },
	)
	stdout.close()
	stderr.close()

	var exit utilexec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &exit):
		return exit.ExitStatus(), nil
	case notRunning(err):
		return 0, about(subject, fmt.Errorf("%w: %w", ErrNotRunning, err))
	}
	return 0, e.client.explain(ctx, subject, err)
}

func (e *executor) open(cmd Command) (websocket, spdy remotecommand.Executor, err error) {
	address := e.api.Post().Namespace(cmd.Namespace).Resource("pods").Name(cmd.Pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: cmd.Container, Command: cmd.Args,
			Stdin: cmd.Stdin != nil, Stdout: true, Stderr: cmd.Terminal == nil, TTY: cmd.Terminal != nil,
		}, scheme.ParameterCodec).URL()
	websocket, err = remotecommand.NewWebSocketExecutor(e.config, http.MethodGet, address.String())
	if err != nil {
		return nil, nil, err
	}
	spdy, err = remotecommand.NewSPDYExecutor(e.config, http.MethodPost, address)
	return websocket, spdy, err
}

// sizes is a Terminal as client-go asks for it.
type sizes struct{ terminal Terminal }

// Next waits for another size; nil: none will come.
func (s sizes) Next() *remotecommand.TerminalSize {
	columns, rows, ok := s.terminal.Size()
	if !ok {
		return nil
	}
	return &remotecommand.TerminalSize{Width: columns, Height: rows}
}

// notRunning knows the words of API server, kubelet and container runtime for a container
// that a command cannot be run in; each of them comes before anything is run.
func notRunning(err error) bool {
	for _, words := range []string{
		"container not found (",
		"pod does not exist",
		"does not have a host assigned",
		"container is not created or running",
		"cannot exec into a container in a completed pod",
		"cannot exec in a stopped",
		"is in CONTAINER_EXITED state",
		"no running task found",
	} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return false
}

// tap is a writer that can be closed for good, whoever still writes.
type tap struct {
	mu   sync.Mutex
	sink io.Writer
}

func newTap(sink io.Writer) *tap {
	if sink == nil {
		sink = io.Discard
	}
	return &tap{sink: sink}
}

// Write passes on until the tap is closed.
func (t *tap) Write(data []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sink == nil {
		return 0, io.ErrClosedPipe
	}
	return t.sink.Write(data)
}

func (t *tap) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sink = nil
}
