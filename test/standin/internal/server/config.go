// Package server is the stand-in's database process: it waits for init or
// joins, agrees with its peers, keeps its store and answers on both ports.
package server

import (
	"io"
	"net"
	"os"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
)

// Mode is how the process was started.
type Mode string

// Modes.
const (
	Start           Mode = "start"
	StartSingleNode Mode = "start-single-node"
)

// Sink says where the log goes.
type Sink string

// Sinks.
const (
	ToFile   Sink = "file"
	ToStderr Sink = "stderr"
)

// Config is what the flags of a start command say.
type Config struct {
	Mode      Mode
	CertsDir  string // empty: insecure
	Store     string
	Listen    string // host:port
	Advertise string // host:port
	HTTP      string // host:port
	Join      []string
	Locality  string
	Attrs     string
	Sink      Sink
	Severity  string // lowest severity that goes to stderr: INFO, WARNING, ERROR, FATAL, NONE
	Stdout    io.Writer
	Stderr    io.Writer
	Signals   <-chan os.Signal
	Build     Build
}

// Build is how the program names itself.
type Build struct {
	Tag          release.Release
	Distribution string // STAND-IN
	Time         string
	GoVersion    string
	Platform     string
}

// Long is the answer of version().
func (b Build) Long() string {
	return "CockroachDB " + b.Distribution + " " + string(b.Tag) + " (" + b.Platform + ", built " + b.Time + ", " + b.GoVersion + ")"
}

func (c Config) insecure() bool { return c.CertsDir == "" }

// httpAdvertise is the HTTP address as others reach it.
func (c Config) httpAdvertise() string {
	_, port, _ := net.SplitHostPort(c.HTTP)
	host, _, _ := net.SplitHostPort(c.HTTP)
	if host == "" || host == "0.0.0.0" || host == "::" {
		host, _, _ = net.SplitHostPort(c.Advertise)
	}
	return net.JoinHostPort(host, port)
}

func (c Config) scheme() string {
	if c.insecure() {
		return "http"
	}
	return "https"
}
