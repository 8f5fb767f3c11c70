package deploy

import (
	"context"
	"crypto/x509"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// Certs is what certificates a cluster has, and what its pods show.
type Certs struct {
	Cluster cockroach.Cluster
	// Certificates are the CA, the node's and root's, in this order.
	Certificates []Certificate
	Pods         []PodCertificate
	// AuthorityKey: the CA's key is in the cluster, so that others can be issued.
	AuthorityKey bool
	Seen         time.Time
}

// Certificate is one certificate in a Secret.
type Certificate struct {
	// Usage is "CA", "node" or "client root".
	Usage, Secret, File string
	SANs                []string
	NotBefore, NotAfter time.Time
	// Problem is what is wrong with it; empty: nothing.
	Problem string
}

// PodCertificate is what one pod shows.
type PodCertificate struct {
	Name     string
	NotAfter time.Time
	// Same: it is the node certificate in the Secret.
	Same bool
	// Problem is why it could not be seen.
	Problem string
}

// GetCerts reads the certificates of the cluster. Its error is of Kind Absent
// where there is no such cluster.
func GetCerts(ctx context.Context, client *kube.Client, target Target, now func() time.Time) (Certs, error) {
	seen, err := look(ctx, client, target)
	if err != nil {
		return Certs{}, err
	}
	w, err := client.Snapshot(ctx, kube.Selection{Namespace: target.Namespace, Name: target.Name, Selector: names(target).Selector()})
	if err != nil {
		return Certs{}, err
	}
	result := Certs{Seen: now().Add(client.Ahead())}
	if result.Cluster, err = seen.cluster(target, w); err != nil {
		return result, err
	}
	if result.Cluster.Security == cockroach.Insecure {
		return result, insecure(target)
	}
	if seen.secretsHidden != nil {
		return result, seen.secretsHidden
	}
	set, err := result.read(ctx, client, seen, result.Seen)
	if err != nil {
		return result, err
	}
	var pods []string
	for _, pod := range w.Pods {
		if diagnose.RunningContainer(pod) != "" {
			pods = append(pods, pod.Name)
		}
	}
	slices.Sort(pods)
	shows := reloader{client: client, cluster: result.Cluster, set: set, now: now}.lookAll(ctx, pods)
	for _, pod := range pods {
		one := PodCertificate{Name: pod, NotAfter: shows[pod].expires, Same: shows[pod].same}
		if shows[pod].err != nil {
			one.Problem = firstLine(shows[pod].err)
		}
		result.Pods = append(result.Pods, one)
	}
	return result, nil
}

// read takes the Secret apart.
func (c *Certs) read(ctx context.Context, client *kube.Client, seen survey, now time.Time) (cockroach.Certificates, error) {
	source := c.Cluster.CertificatesSource()
	secret := seen.secrets[source]
	if c.Cluster.CertsSecret != "" {
		var err error
		if secret, err = client.Secret(ctx, c.Cluster.Namespace, source); err != nil {
			return cockroach.Certificates{}, err
		}
	}
	if secret == nil {
		return cockroach.Certificates{}, &Error{Message: "secret/" + source + ": not found", Next: "crdb-kube up issues certificates where the CA is there"}
	}
	set, faults := c.Cluster.ParseCertificates(secret.Data)
	if len(faults) == 0 {
		faults = c.Cluster.CheckCertificates(set, now)
	}
	for _, one := range []struct {
		usage, file string
		cert        *x509.Certificate
	}{{"CA", cockroach.FileCA, set.CACert()}, {"node", cockroach.FileNode, set.NodeCert()}, {"client root", cockroach.FileRoot, set.RootCert()}} {
		row := Certificate{Usage: one.usage, Secret: source, File: one.file}
		if one.cert != nil {
			row.NotBefore, row.NotAfter = one.cert.NotBefore, one.cert.NotAfter
			row.SANs = append(row.SANs, one.cert.DNSNames...)
			for _, ip := range one.cert.IPAddresses {
				row.SANs = append(row.SANs, ip.String())
			}
		}
		for _, fault := range faults {
			if row.Problem == "" && (fault.Field == one.file || fault.Field == keyOf(one.file)) {
				row.Problem = fault.Reason
			}
		}
		c.Certificates = append(c.Certificates, row)
	}
	if authority := seen.secrets[c.Cluster.AuthoritySecretName()]; authority != nil {
		c.AuthorityKey = len(authority.Data[cockroach.FileCAKey]) > 0
	}
	return set, nil
}

// keyOf is the file with the key of a certificate.
func keyOf(file string) string {
	switch file {
	case cockroach.FileNode:
		return cockroach.FileNodeKey
	case cockroach.FileRoot:
		return cockroach.FileRootKey
	}
	return ""
}
