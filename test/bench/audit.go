package main

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"time"
)

// requests are those of a client in the audit log, by verb and resource.
type requests struct {
	total int
	kinds map[string]int
	// lastStatus is when the kubelet last wrote a pod's status in the namespace.
	lastStatus time.Time
	// setMade is when the client sent the StatefulSet.
	setMade time.Time
}

// cluster is how long Kubernetes and the database took by themselves: from the
// StatefulSet to the last status of a pod.
func (r requests) cluster() time.Duration {
	if r.setMade.IsZero() || r.lastStatus.IsZero() {
		return 0
	}
	return r.lastStatus.Sub(r.setMade)
}

// record is what matters of one line of the audit log.
type record struct {
	AuditID                  string
	Stage                    string
	Verb                     string
	UserAgent                string
	RequestURI               string
	RequestReceivedTimestamp time.Time
	StageTimestamp           time.Time
	ObjectRef                struct{ Resource, Subresource, Namespace string }
}

// count reads what a client, known by its user agent, asked for between two
// moments. A request is counted once, watches too, whatever its stages.
func count(path, agent, namespace string, from, to time.Time) (requests, error) {
	r := requests{kinds: map[string]int{}}
	file, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer file.Close()
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one record
		if json.Unmarshal(lines.Bytes(), &one) != nil || one.RequestReceivedTimestamp.Before(from) || one.RequestReceivedTimestamp.After(to) {
			continue // the last line may be only half written
		}
		if one.ObjectRef.Namespace == namespace && one.ObjectRef.Resource == "pods" && one.ObjectRef.Subresource == "status" && one.StageTimestamp.After(r.lastStatus) {
			r.lastStatus = one.StageTimestamp
		}
		if !strings.HasPrefix(one.UserAgent, agent+"/") || seen[one.AuditID] {
			continue
		}
		seen[one.AuditID] = true
		if writes := one.Verb == "patch" || one.Verb == "create"; writes && one.ObjectRef.Resource == "statefulsets" && r.setMade.IsZero() {
			r.setMade = one.RequestReceivedTimestamp
		}
		r.total++
		r.kinds[one.kind()]++
	}
	return r, lines.Err()
}

// kind is the verb and the resource.
func (one record) kind() string {
	what := one.ObjectRef.Resource
	if what == "" {
		what, _, _ = strings.Cut(one.RequestURI, "?")
	}
	if one.ObjectRef.Subresource != "" {
		what += "/" + one.ObjectRef.Subresource
	}
	return one.Verb + " " + what
}
