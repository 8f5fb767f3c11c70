package deploy

import (
	"fmt"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// expiry finds when the first certificate ends: by what the pods say that they
// use, and by what stands on the Secret, which root's clients use.
func (s *Status) expiry(readings map[string]reading, seen survey) {
	if s.Cluster.Security == cockroach.Insecure {
		return
	}
	var nodes, leaves, authorities []time.Time
	for _, one := range readings {
		nodes = appendSeconds(nodes, one.vars.NodeExpires)
		authorities = appendSeconds(authorities, one.vars.CAExpires)
	}
	if secret := seen.secrets[s.Cluster.CertificatesSource()]; secret != nil {
		nodes = appendStamps(nodes, secret.Annotations, cockroach.AnnotationNodeExpires)
		leaves = appendStamps(leaves, secret.Annotations, cockroach.AnnotationRootExpires)
		authorities = appendStamps(authorities, secret.Annotations, cockroach.AnnotationCAExpires)
	}
	s.NodeExpires, s.CAExpires = first(nodes), first(authorities)
	s.Expires = first(slices.Concat(nodes, leaves, authorities))
	if s.Expires.IsZero() || s.Expires.Sub(s.Seen) >= warnBefore {
		return
	}
	next := s.howToRenew(seen, slices.ContainsFunc(authorities, s.Expires.Equal))
	if s.Expires.After(s.Seen) {
		s.Warnings = append(s.Warnings, fmt.Sprintf("certificates end on %s, in %s: %s", day(s.Expires), days(s.Expires.Sub(s.Seen)), next))
		return
	}
	s.problem("certificates ended on "+day(s.Expires), next)
}

// first is the earliest of some times; of none it is zero.
func first(all []time.Time) time.Time {
	if len(all) == 0 {
		return time.Time{}
	}
	return earliest(all[0], all...)
}

// appendSeconds adds a metric of seconds since 1970; 0 stands for no certificate.
func appendSeconds(all []time.Time, metric cockroach.Count) []time.Time {
	if metric.Value <= 0 {
		return all
	}
	return append(all, time.Unix(metric.Value, 0))
}

func appendStamps(all []time.Time, annotations map[string]string, keys ...string) []time.Time {
	for _, key := range keys {
		if t, err := time.Parse(time.RFC3339, annotations[key]); err == nil {
			all = append(all, t)
		}
	}
	return all
}

func (s *Status) howToRenew(seen survey, authority bool) string {
	source := seen.secrets[s.Cluster.AuthoritySecretName()]
	switch {
	case authority:
		return "it is the CA that ends, and a new CA needs a new cluster"
	case s.Cluster.CertsSecret != "":
		return "put new ones into secret/" + s.Cluster.CertsSecret + ", then crdb-kube certs rotate"
	case seen.secretsHidden == nil && (source == nil || len(source.Data[cockroach.FileCAKey]) == 0):
		return "crdb-kube certs rotate --ca-cert FILE --ca-key FILE renews them"
	}
	return "crdb-kube certs rotate renews them"
}

// days writes a time to come in whole days.
func days(d time.Duration) string {
	if n := int(d / (24 * time.Hour)); n > 0 {
		return progress.Count(n, "day")
	}
	return "less than a day"
}
