// Package client is the command line of the stand-in: its flags, its commands
// and the formats of their output.
package client

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/certs"
)

// kind is what a flag takes.
type kind int

const (
	takesValue kind = iota
	takesBool       // --flag or --flag=true
	takesMaybe      // --flag or --flag=value
	takesMany       // may be repeated
)

// flagSet is the flags of one command, by name; short ones have one letter.
type flagSet map[string]kind

// parsed are the flags as given, and the arguments.
type parsed struct {
	values map[string][]string
	args   []string
}

// usageError is wrong use: exit code 4.
type usageError struct{ error }

// connectionFlags are common to all commands that talk to a node.
func connectionFlags() flagSet {
	return flagSet{
		"insecure": takesBool, "certs-dir": takesValue, "host": takesValue, "port": takesValue, "p": takesValue,
		"url": takesValue, "user": takesValue, "u": takesValue, "cluster-name": takesValue, "format": takesValue,
		"log": takesValue, "log-dir": takesValue, "logtostderr": takesMaybe, "vmodule": takesValue,
	}
}

func (f flagSet) with(more flagSet) flagSet {
	maps.Copy(f, more)
	return f
}

var errNoValue = errors.New("flag needs an argument")

func (f flagSet) parse(args []string) (parsed, error) {
	p := parsed{values: map[string][]string{}}
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			p.args = append(p.args, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			p.args = append(p.args, a)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !strings.HasPrefix(a, "--") && len(name) > 1 { // -e"text"
			name, value, hasValue = a[1:2], a[2:], true
		}
		k, known := f[name]
		if !known {
			if strings.HasPrefix(a, "--") {
				return p, usageError{fmt.Errorf("unknown flag: --%s", name)}
			}
			return p, usageError{fmt.Errorf("unknown shorthand flag: %q in %s", name, a)}
		}
		switch {
		case hasValue:
		case k == takesBool:
			value = "true"
		case k == takesMaybe:
			value = ""
		case i+1 < len(args):
			i++
			value = args[i]
		default:
			return p, usageError{fmt.Errorf("%w: %s", errNoValue, a)}
		}
		p.values[name] = append(p.values[name], value)
	}
	return p, nil
}

// get is the last value of the first of names that was given.
func (p parsed) get(fallback string, names ...string) string {
	for _, n := range names {
		if v := p.values[n]; len(v) > 0 {
			return v[len(v)-1]
		}
	}
	return fallback
}

func (p parsed) given(name string) bool { return len(p.values[name]) > 0 }

func (p parsed) isTrue(name string) bool { return p.get("false", name) == "true" }

// target is where and as whom a command connects.
type target struct {
	addr     string
	certsDir string      // "" with insecure
	mode     certs.Mode  // of a URL; "" without one, and without TLS
	files    certs.Files // of a URL
	user     string
	password string
	database string
}

// connection reads the connection flags, a URL and the environment.
func (p parsed) connection() (target, error) {
	if u := p.get(os.Getenv("COCKROACH_URL"), "url"); u != "" {
		return p.fromURL(u)
	}
	t := target{user: p.get("root", "user", "u"), database: p.get("", "database", "d")}
	host := p.get(os.Getenv("COCKROACH_HOST"), "host")
	t.addr = withPort(host, "localhost", p.get("26257", "port", "p"))
	if !p.isTrue("insecure") && os.Getenv("COCKROACH_INSECURE") != "true" {
		t.certsDir = p.certsDir()
	}
	return t, nil
}

// withPort is host:port with defaults for both.
func withPort(addr, host, port string) string {
	if addr == "" {
		return net.JoinHostPort(host, port)
	}
	h, p, err := net.SplitHostPort(addr)
	if err != nil {
		return net.JoinHostPort(strings.Trim(addr, "[]"), port)
	}
	if h == "" {
		h = host
	}
	if p == "" {
		p = port
	}
	return net.JoinHostPort(h, p)
}

// formats that --format knows.
func checkFormat(name string) error {
	if slices.Contains([]string{"tsv", "csv", "table", "records", "sql", "raw", "html"}, name) {
		return nil
	}
	return usageError{fmt.Errorf("invalid argument %q for \"--format\" flag: invalid table display format: %s (possible values: tsv, csv, table, records, sql, raw, html)", name, name)}
}
