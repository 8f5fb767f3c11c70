package kube

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
)

// ErrNotAnswering says that nothing answers at a pod's port: the port is closed, it
// speaks another scheme, or the pod has no address yet.
var ErrNotAnswering = errors.New("not answering")

// ErrNotRunning says that there is no running container to run a command in. Just
// after a start this passes.
var ErrNotRunning = errors.New("container not running")

// Reach is how containers are talked to.
type Reach interface {
	// Get asks a pod over HTTP. Every answer of the pod itself is an Answer, whatever
	// its status. ErrNotAnswering: nothing answers there. A missing pod is recognised
	// by apierrors.IsNotFound.
	Get(ctx context.Context, at Endpoint) (Answer, error)
	// Certificates gives what a TLS server in a pod shows, its own first. The way is
	// always a port-forward. ErrNotAnswering: nothing answers there, or not in TLS.
	Certificates(ctx context.Context, at Endpoint) ([]*x509.Certificate, error)
	// Dial opens a connection to a port of a pod, through a port-forward of its own: what
	// befalls one connection befalls no other. It has CloseWrite. A missing pod is
	// recognised by IsNotFound. That nothing listens there shows only when it is read.
	Dial(ctx context.Context, at Endpoint) (net.Conn, error)
	// Exec runs a command in a container and gives its exit code. An error means that
	// the command could not be run, or that its end is unknown; ErrNotRunning is the
	// one where it certainly did not run.
	Exec(ctx context.Context, cmd Command) (exitCode int, err error)
}

// Endpoint is an HTTP address inside a pod.
type Endpoint struct {
	Namespace, Pod string
	Scheme         string // "http" or "https"; empty is http
	Port           int
	Path           string
	Query          url.Values
}

// Answer is what the pod itself answered.
type Answer struct {
	Status int
	Body   []byte // at most 8 MiB
}

// Command is a program to run in a container, without a shell.
type Command struct {
	Namespace, Pod, Container string
	Args                      []string
	Stdin                     io.Reader // nil: none
	Stdout, Stderr            io.Writer // nil: thrown away
	// Terminal gives the command one, whose output is all on Stdout; nil: none.
	Terminal Terminal
}

// Terminal tells how large it is: at once, and whenever that has changed. ok is false
// when nothing more will come.
type Terminal interface {
	Size() (columns, rows uint16, ok bool)
}
