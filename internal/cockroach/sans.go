package cockroach

import "net"

// SANs are the names and addresses that the certificate of the CockroachDB
// nodes is issued for, the same for every pod: this host, both Services, and
// all pods at once by a wildcard, each in every length that resolves inside
// the Kubernetes cluster. At the longest names that are allowed the longest
// has 141 characters of the 253 that the DNS allows.
//
// Clients that check names with OpenSSL's own function do not take a wildcard
// in front of a single word (*.NAME); CockroachDB nodes, written in Go, do, and
// so does libpq.
//
// Source: the list that the documentation of CockroachDB names for Kubernetes,
// with ::1, the form that ends in .svc, and the headless Service itself.
func (c Cluster) SANs() (dns []string, ips []net.IP) {
	dns = []string{"localhost"}
	for _, name := range []string{c.PublicService(), c.HeadlessService(), "*." + c.HeadlessService()} {
		for _, suffix := range []string{"", ".svc", ".svc.cluster.local"} {
			if suffix == "" {
				dns = append(dns, name)
			}
			dns = append(dns, name+"."+c.Namespace+suffix)
		}
	}
	return dns, []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback}
}

// dialled are the names under which this program, the CockroachDB nodes and
// the application's connection string reach the database. A certificate that
// lacks one of them lets some of it fail.
func (c Cluster) dialled() []string {
	names := []string{"localhost", c.PublicService() + "." + c.Namespace}
	for i := range max(c.Nodes, 1) { // as in --advertise-host
		names = append(names, c.PodName(i)+"."+c.HeadlessService()+"."+c.Namespace)
	}
	if c.Nodes != 1 { // as in --join
		for i := range joinPods {
			names = append(names, c.PodName(i)+"."+c.HeadlessService())
		}
	}
	return names
}
