//go:build long

package e2e

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Causes that come over a cluster that runs: status names them, with what to
// do next.

func TestCauses_ofAClusterThatRuns(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		cause  string
		happen func(p place)
	}{
		{"BAD_FLAG", func(p place) {
			p.kubectl("patch", "statefulset", "cockroachdb", "--type=json", "-p", `[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--no-such-flag"}]`)
		}},
		{"POD_REFUSED", func(p place) {
			p.kubectl("patch", "statefulset", "cockroachdb", "--type=merge", "-p", `{"spec":{"template":{"spec":{"serviceAccountName":"nosuch"}}}}`)
		}},
		{"REPLICAS_CHANGED", func(p place) { p.kubectl("scale", "statefulset", "cockroachdb", "--replicas=1") }},
		{"CERTIFICATE_UNUSABLE", func(p place) {
			p.replaceSecret(map[string][]byte{"node.crt": []byte("nothing\n")})
			p.kubectl("delete", "pod", "cockroachdb-2", "--grace-period=1")
		}},
		{"CERTIFICATE_REFUSED", func(p place) {
			p.replaceSecret(newAuthority(p.t, time.Now().Add(day)).certificates(p.namespace, time.Now().Add(day)))
			p.kubectl("delete", "pod", "cockroachdb-2", "--grace-period=1")
		}},
		{"POD_STUCK_TERMINATING", func(p place) {
			p.kubectl("patch", "pod", "cockroachdb-2", "--type=merge", "-p", `{"metadata":{"finalizers":["example.com/keep"]}}`)
			p.t.Cleanup(func() {
				p.atTheEnd("patch", "pod", "cockroachdb-2", "-n", p.namespace, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
			})
			p.kubectl("delete", "pod", "cockroachdb-2", "--grace-period=1", "--wait=false")
		}},
		{"CLAIM_TERMINATING", func(p place) { p.kubectl("delete", "persistentvolumeclaim", "datadir-cockroachdb-1", "--wait=false") }},
		{"CLAIM_LOST", func(p place) {
			volume := get[corev1.PersistentVolumeClaim](p, "persistentvolumeclaim", "datadir-cockroachdb-1").Spec.VolumeName
			p.kubectl("delete", "persistentvolume", volume, "--wait=false")
			p.kubectl("patch", "persistentvolume", volume, "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
			p.kubectl("delete", "pod", "cockroachdb-1", "--grace-period=1")
		}},
		{"STORE_DECOMMISSIONED", func(p place) {
			p.kubectl("exec", "cockroachdb-0", "-c", "cockroachdb", "--", "/cockroach/cockroach", "node", "decommission", p.nodeID("cockroachdb-3"), certsDir, "--wait=all")
			p.kubectl("delete", "pod", "cockroachdb-3", "--grace-period=1")
		}},
	} {
		t.Run(one.cause, func(t *testing.T) {
			p := arrive(t, defaultClass)
			nodes := "3"
			if one.cause == "STORE_DECOMMISSIONED" {
				nodes = "4"
			}
			p.crdb(p.up(p.small("--nodes", nodes)...)...).ok("ready in")
			one.happen(p)
			p.statusComesTo("(" + one.cause + ")")
		})
	}
}

// replaceSecret changes keys of the Secret with the certificates.
func (p place) replaceSecret(keys map[string][]byte) {
	p.t.Helper()
	data := map[string]string{}
	for key, value := range keys {
		data[key] = base64.StdEncoding.EncodeToString(value)
	}
	patch, err := json.Marshal(map[string]any{"data": data})
	if err != nil {
		p.t.Fatal(err)
	}
	p.kubectl("patch", "secret", certsSecret, "--type=merge", "-p", string(patch))
}

// nodeID is the CockroachDB node ID of a pod.
func (p place) nodeID(pod string) string {
	p.t.Helper()
	var status struct {
		Pods []struct {
			Name   string `json:"name"`
			NodeID int    `json:"nodeID"`
		} `json:"pods"`
	}
	if err := json.Unmarshal([]byte(p.crdb("status", "-o", "json").stdout), &status); err != nil {
		p.t.Fatal(err)
	}
	for _, one := range status.Pods {
		if one.Name == pod {
			return strconv.Itoa(one.NodeID)
		}
	}
	p.t.Fatalf("no pod %s", pod)
	return ""
}
