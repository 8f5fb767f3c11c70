package server

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// The texts below are as recorded from CockroachDB v21.1.2.

const waitingForInit = "initial startup completed.\n" +
	"Node will now attempt to join a running cluster, or wait for `cockroach init`.\n" +
	"Client connections will be accepted after this completes successfully.\n" +
	"Check the log file(s) for progress. "

// cannotReach and noTLSHint name the series.
const cannotReach = "The server appears to be unable to contact the other nodes in the cluster. Please try:\n\n" +
	"- starting the other nodes, if you haven't already;\n" +
	"- double-checking that the '--join' and '--listen'/'--advertise' flags are set up correctly;\n" +
	"- running the 'cockroach init' command if you are trying to initialize a new cluster.\n\n" +
	"If problems persist, please see ‹https://www.cockroachlabs.com/docs/v%s/cluster-setup-troubleshooting.html›."

const noTLSHint = "To start a secure server without mandating TLS for clients,\n" +
	"consider --accept-sql-without-tls instead. For other options, see:\n\n" +
	"- https://go.crdb.dev/issue-v/53404/v%[1]s\n" +
	"- https://www.cockroachlabs.com/docs/v%[1]s/secure-a-cluster.html"

func insecureWarning(listen string) string {
	host, _, _ := net.SplitHostPort(listen)
	if host == "" {
		host = "any of your IP addresses"
	}
	return "ALL SECURITY CONTROLS HAVE BEEN DISABLED!\n\n" +
		"This mode is intended for non-production testing only.\n\n" +
		"In this mode:\n" +
		"- Your cluster is open to any client that can access " + host + ".\n" +
		"- Intruders with access to your machine or network can observe client-server traffic.\n" +
		"- Intruders can log in without password and read or write any data in the cluster.\n" +
		"- Intruders can consume all your server's resources and cause unavailability."
}

const loadCertificates = "cannot load certificates.\n" +
	"Check your certificate settings, set --certs-dir, or use --insecure for insecure clusters.\n\n" +
	"failed to start server: "

const cannotDial = "cannot dial server.\nIs the server running?\n" +
	"If the server is running, check --host client-side and --advertise server-side.\n\n" +
	exitedWith

// exitedWith begins the errors of a start.
const exitedWith = "cockroach server exited with error: "

// startTexts are the values of the status line.
const (
	statusNewCluster = "initialized new cluster"
	statusJoined     = "initialized new node, joined pre-existing cluster"
	statusRestarted  = "restarted pre-existing node"
)

// banner is what the process says once it serves.
func (s *Server) banner(status string, now time.Time) string {
	c := s.cfg
	security, url := "--insecure", "sslmode=disable"
	if !c.insecure() {
		security = "--certs-dir=" + c.CertsDir
		url = fmt.Sprintf("sslcert=%[1]s%%2Fclient.root.crt&sslkey=%[1]s%%2Fclient.root.key&sslmode=verify-full&sslrootcert=%[1]s%%2Fca.crt",
			strings.ReplaceAll(c.CertsDir, "/", "%2F"))
	}
	lines := [][2]string{
		{"build:", fmt.Sprintf("%s %s @ %s (%s)", c.Build.Distribution, c.Build.Tag, c.Build.Time, c.Build.GoVersion)},
		{"webui:", c.scheme() + "://" + c.httpAdvertise()},
		{"sql:", "postgresql://root@" + c.Advertise + "?" + url},
		{"RPC client flags:", "cockroach <client cmd> --host=" + c.Advertise + " " + security},
		{"logs:", s.store.Dir + "/logs"},
		{"temp dir:", s.store.TempDir},
		{"external I/O path:", s.store.Dir + "/extern"},
		{"store[0]:", "path=" + s.store.Dir},
		{"storage engine:", "pebble"},
		{"status:", status},
		{"clusterID:", s.state.Cluster()},
		{"nodeID:", strconv.Itoa(s.id())},
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CockroachDB node starting at %s (took %.1fs)",
		now.UTC().Format("2006-01-02 15:04:05.999999999 -0700 MST"), now.Sub(s.born).Seconds())
	for _, l := range lines {
		fmt.Fprintf(&b, "\n%-20s %s", l[0], l[1])
	}
	return b.String()
}
