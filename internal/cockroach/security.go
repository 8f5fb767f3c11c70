package cockroach

// Security is how a cluster protects its connections. This file is the one
// place that turns it into flags and schemes.
type Security string

// Insecure means no TLS and no passwords: whoever reaches the port is root.
const Insecure Security = "insecure"

// startFlags are the flags of `start` that follow from it.
func (s Security) startFlags() []string { return []string{"--insecure"} }

// clientFlags are the flags of every client command that follow from it.
func (s Security) clientFlags() []string { return []string{"--insecure"} }

// httpScheme is how the HTTP port is spoken to.
func (s Security) httpScheme() string { return "http" }

// urlQuery is how a connection string says it.
func (s Security) urlQuery() string { return "sslmode=disable" }

// channel tells the database's makers, who count such things when diagnostics
// are on, how it was installed; the official manifests set the same value.
func (s Security) channel() string { return "kubernetes-insecure" }
