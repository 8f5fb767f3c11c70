package cockroach

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Connection is how a client connects: to what, as whom, and how it makes sure
// whom it talks to.
type Connection struct {
	Host           string
	Port           int
	User, Database string
	Password       Password // may be empty
	Mode           SSLMode
	// Files of the client, by name; empty: none. CA is what to verify the
	// server with; Cert and Key are what root proves itself by.
	CA, Cert, Key string
}

// SSLMode is how a connection string says what TLS is wanted.
type SSLMode string

// The modes that are used here, as libpq names them.
const (
	// SSLDisable: no TLS.
	SSLDisable SSLMode = "disable"
	// SSLRequire: encrypted, but the server may be anybody. It needs no file.
	SSLRequire SSLMode = "require"
	// SSLVerifyFull: the server proves by its certificate that it is the host.
	SSLVerifyFull SSLMode = "verify-full"
)

// Secrecy says whether a password is written out.
type Secrecy string

const (
	// Hidden: it is left out, and the client has to find it elsewhere.
	Hidden Secrecy = "hidden"
	// Shown: it is there.
	Shown Secrecy = "shown"
)

// RootDatabase is what root begins in.
const RootDatabase = "defaultdb"

// Connect is how clients inside the Kubernetes cluster connect as a user.
func (c Cluster) Connect(user string, p Password) Connection {
	connection := Connection{Host: c.publicHost(), Port: SQLPort, User: user, Database: AppDatabase, Mode: c.Security.sslMode()}
	if user == RootUser {
		connection.Database = RootDatabase
	}
	if c.Security == TLS {
		connection.Password = p
	}
	return connection
}

// RootUser is the SQL user that may do everything. With TLS it has no password.
const RootUser = "root"

// URL is the connection string.
func (c Connection) URL(secrecy Secrecy) string {
	address := url.URL{
		Scheme: "postgresql", Host: net.JoinHostPort(c.Host, strconv.Itoa(c.Port)),
		User: url.User(c.User), Path: c.Database,
	}
	if secrecy == Shown && !c.Password.Empty() {
		address.User = url.UserPassword(c.User, c.Password.text())
	}
	address.RawQuery = "sslmode=" + string(c.Mode)
	for _, file := range []struct{ key, name string }{{"sslrootcert", c.CA}, {"sslcert", c.Cert}, {"sslkey", c.Key}} {
		if file.name != "" {
			address.RawQuery += "&" + file.key + "=" + escaped(file.name)
		}
	}
	return address.String()
}

// escaped is a value in a query as libpq reads it, for which a plus is a plus.
func escaped(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

// Variable is one of the environment.
type Variable struct{ Name, Value string }

// Variables are what clients look for in their environment: the connection
// string as most programs and CockroachDB's own client know it, and the single
// parts as libpq does. A variable without a value has to be unset: it would
// stand against the others.
func (c Connection) Variables(secrecy Secrecy) []Variable {
	password := ""
	if secrecy == Shown {
		password = c.Password.text()
	}
	return []Variable{
		{"DATABASE_URL", c.URL(secrecy)},
		{"COCKROACH_URL", c.URL(secrecy)},
		{"PGHOST", c.Host},
		{"PGPORT", strconv.Itoa(c.Port)},
		{"PGUSER", c.User},
		{"PGPASSWORD", password},
		{"PGDATABASE", c.Database},
		{"PGSSLMODE", string(c.Mode)},
		{"PGSSLROOTCERT", c.CA},
		{"PGSSLCERT", c.Cert},
		{"PGSSLKEY", c.Key},
		{"PGHOSTADDR", ""},
		{"PGSERVICE", ""},
	}
}
