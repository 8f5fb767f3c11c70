package cockroach

// Security is how a cluster protects its connections. This file is the one
// place that turns it into flags and schemes.
type Security string

const (
	// TLS: every connection is encrypted, CockroachDB nodes and root prove who
	// they are by certificates, other users by a password or a certificate.
	TLS Security = "tls"
	// Insecure means no TLS and no passwords: whoever reaches the port is root.
	Insecure Security = "insecure"
)

// CertsPath is the directory in the pods with the five files of Certificates.
// The root certificate is among them: who may run commands in a pod could use
// the node's own key, which gives no less.
const CertsPath = "/cockroach/cockroach-certs"

// String is the word for it in what people read.
func (s Security) String() string {
	if s == TLS {
		return "TLS"
	}
	return string(s)
}

// flags are those of `start` and of every client command that follow from it.
func (s Security) flags() []string {
	if s == Insecure {
		return []string{"--insecure"}
	}
	return []string{"--certs-dir=" + CertsPath}
}

// httpScheme is how the HTTP port is spoken to.
func (s Security) httpScheme() string {
	if s == Insecure {
		return "http"
	}
	return "https"
}

// sslMode is how a connection string says it. A driver with `require`
// encrypts and needs no file; who adds sslrootcert and verify-full also makes
// sure whom it talks to.
func (s Security) sslMode() SSLMode {
	if s == Insecure {
		return SSLDisable
	}
	return SSLRequire
}

// channel tells the database's makers, who count such things when diagnostics
// are on, how it was installed; the official manifests set the same values.
func (s Security) channel() string {
	if s == Insecure {
		return "kubernetes-insecure"
	}
	return "kubernetes-secure"
}
