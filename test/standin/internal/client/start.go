package client

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/server"
)

// startFlags are the flags of v21.1 that set-ups use. Those that change
// nothing here are taken and ignored, as their values do not show in anything
// that was recorded.
func startFlags(mode server.Mode) flagSet {
	f := flagSet{
		"insecure": takesBool, "certs-dir": takesValue, "store": takesMany, "s": takesMany,
		"advertise-host": takesValue, "advertise-addr": takesValue, "advertise-port": takesValue,
		"listen-addr": takesValue, "host": takesValue, "port": takesValue, "p": takesValue,
		"http-addr": takesValue, "http-host": takesValue, "http-port": takesValue,
		"sql-addr": takesValue, "advertise-sql-addr": takesValue,
		"logtostderr": takesMaybe, "log": takesValue, "log-dir": takesValue, "vmodule": takesValue,
		"cache": takesValue, "max-sql-memory": takesValue, "max-offset": takesValue, "clock-device": takesValue,
		"locality": takesValue, "locality-advertise-addr": takesValue, "attrs": takesValue, "cluster-name": takesValue,
		"pid-file": takesValue, "listening-url-file": takesValue, "temp-dir": takesValue, "external-io-dir": takesValue,
		"socket-dir": takesValue, "accept-sql-without-tls": takesBool,
	}
	if mode == server.Start {
		f["join"], f["j"] = takesMany, takesMany
	}
	return f
}

func (a *app) start(mode server.Mode) func([]string) (int, error) {
	return func(args []string) (int, error) {
		p, err := startFlags(mode).parse(args)
		if err != nil {
			return exitUsage, err
		}
		if len(p.args) > 0 {
			return exitUsage, usageError{fmt.Errorf("unknown command %q for \"cockroach %s\"", p.args[0], mode)}
		}
		for _, name := range []string{"cache", "max-sql-memory"} {
			if err := checkSize(name, p.get("128MiB", name)); err != nil {
				return exitUsage, err
			}
		}
		c, err := a.config(mode, p)
		if err != nil {
			return exitError, err
		}
		return server.Run(c, a.born), nil
	}
}

func (a *app) config(mode server.Mode, p parsed) (server.Config, error) {
	c := server.Config{
		Mode: mode, Stdout: a.Out, Stderr: a.Err, Signals: a.Signals, Build: a.build, Sink: server.ToFile,
		Locality: p.get("", "locality"), Attrs: p.get("", "attrs"),
	}
	store, err := storePath(p.get("cockroach-data", "store", "s"))
	if err != nil {
		return c, err
	}
	c.Store = store
	if !p.isTrue("insecure") {
		home, _ := os.UserHomeDir()
		c.CertsDir = p.get(filepath.Join(home, ".cockroach-certs"), "certs-dir")
	}
	if p.given("logtostderr") {
		c.Sink, c.Severity = server.ToStderr, p.get("INFO", "logtostderr")
	}
	c.Listen = bindAddr(p.get("", "listen-addr", "host"), p.get("26257", "port", "p"))
	c.HTTP = bindAddr(p.get("", "http-addr", "http-host"), p.get("8080", "http-port"))
	host, port, _ := net.SplitHostPort(c.Listen)
	if host == "" || host == "0.0.0.0" || host == "::" {
		if host, err = os.Hostname(); err != nil {
			return c, err
		}
	}
	c.Advertise = withPort(p.get("", "advertise-addr", "advertise-host"), host, p.get(port, "advertise-port"))
	for _, list := range slices.Concat(p.values["join"], p.values["j"]) {
		for addr := range strings.SplitSeq(list, ",") {
			if addr != "" {
				c.Join = append(c.Join, withPort(addr, "localhost", "26257"))
			}
		}
	}
	return c, nil
}

// bindAddr is an address to listen on; an empty host is all of them.
func bindAddr(addr, port string) string { return withPort(addr, "", port) }

// storePath is the path in a --store flag: PATH or path=PATH,size=….
func storePath(flag string) (string, error) {
	path := ""
	for field := range strings.SplitSeq(flag, ",") {
		name, value, ok := strings.Cut(field, "=")
		switch {
		case !ok:
			path = field
		case name == "path":
			path = value
		case name == "type" && value == "mem":
			return "", usageError{fmt.Errorf("store %q: the stand-in has no store in memory", flag)}
		}
	}
	return filepath.Abs(path)
}

// checkSize accepts 512MiB, 1GB, 25%, .25 and plain bytes.
func checkSize(flag, value string) error {
	number := strings.TrimRight(value, "KMGTPiBkmb%")
	if _, err := strconv.ParseFloat(number, 64); err != nil {
		return usageError{fmt.Errorf("invalid argument %q for \"--%s\" flag: strconv.ParseFloat: parsing %q: invalid syntax", value, flag, strings.TrimLeft(number, "abcdefghijklmnopqrstuvwxyz"))}
	}
	return nil
}
