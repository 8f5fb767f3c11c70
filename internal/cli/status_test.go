package cli

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

func seenAt() time.Time { return time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC) }

func n(value int64) cockroach.Count { return cockroach.Count{Value: value, Known: true} }

func cluster() cockroach.Cluster {
	return cockroach.Cluster{
		Namespace: "default", Name: "cockroachdb", Nodes: 3, Image: "cockroachdb/cockroach:v26.2.5",
		CPU: resource.MustParse("1"), Memory: resource.MustParse("8Gi"), Storage: resource.MustParse("10Gi"),
		StorageClass: "standard", Incarnation: "0badcafe", Security: cockroach.Insecure,
		ClusterID: "63dcc5b7-e564-4d04-9b99-55e87fe32bb3",
	}
}

func podStatus(name string, id int64) deploy.PodStatus {
	return deploy.PodStatus{
		Pod:    diagnose.Pod{Name: name, Phase: diagnose.Ready, Node: "minikube", Created: seenAt().Add(-3 * time.Minute)},
		NodeID: n(id), Version: "v26.2.5", Used: n(61 << 20),
		Replicas: n(54), Leads: n(18), ClockOffset: n(49390), Capacity: n(270553174016), Available: n(52910841856),
		Claim: &deploy.ClaimStatus{Name: "datadir-" + name, Size: "10Gi", Phase: "Bound"},
	}
}

// statuses are those that people meet, by the names of their golden files.
func statuses() map[string]deploy.Status {
	healthy := deploy.Status{
		Cluster: cluster(), Condition: deploy.Healthy, Live: n(3), Unavailable: n(0), UnderReplicated: n(0),
		Pods: []deploy.PodStatus{podStatus("cockroachdb-0", 1), podStatus("cockroachdb-1", 3), podStatus("cockroachdb-2", 2)},
		Seen: seenAt().Add(400 * time.Millisecond), ThrottledFrom: time.Date(2026, 11, 29, 14, 2, 0, 0, time.UTC),
	}
	degraded := healthy
	degraded.Condition, degraded.Live, degraded.UnderReplicated = deploy.Degraded, n(2), n(24)
	degraded.Problems = []string{
		"claim datadir-cockroachdb-0 is being deleted: its data is lost when pod cockroachdb-0 restarts",
		"pod cockroachdb-2: cannot pull image cockroachdb/cockroach:v26.2.5: not found in its registry (IMAGE_NOT_FOUND)",
	}
	degraded.Next = "back up the data now, while the pods run"
	first, last := podStatus("cockroachdb-0", 1), podStatus("cockroachdb-2", 0)
	first.Claim.Deleting = seenAt().Add(-time.Minute)
	last.Phase, last.Detail, last.Restarts = diagnose.CannotPull, "cockroachdb/cockroach:v26.2.5", 7
	last.Cause = &progress.Cause{
		ID: diagnose.ImageNotFound, Class: progress.User, Sentence: "cannot pull image cockroachdb/cockroach:v26.2.5: not found in its registry",
		Evidence: []progress.Evidence{{Text: "failed to resolve reference: not found", Where: "pod cockroachdb-2, node minikube", Age: 4 * time.Second}},
		Next:     "crdb-kube up --image with an image that exists",
	}
	degraded.Causes = []deploy.Finding{
		{Cause: diagnose.Deleting("datadir-cockroachdb-0", "cockroachdb-0", seenAt().Add(-time.Minute), seenAt()), Pods: []string{"cockroachdb-0"}, Problem: degraded.Problems[0]},
		{Cause: last.Cause, Pods: []string{"cockroachdb-2"}, Problem: degraded.Problems[1]},
	}
	last = deploy.PodStatus{Pod: last.Pod}
	first.Available, first.ClockOffset = n(30<<30), n(-301e6)
	degraded.Pods = []deploy.PodStatus{first, podStatus("cockroachdb-1", 3), last}
	stopped := deploy.Status{
		Cluster: cluster(), Condition: deploy.Stopped, Seen: seenAt(),
		Problems: []string{"it is stopped"}, Next: "crdb-kube up starts it with the data it has",
	}
	secure := healthy
	secure.Cluster.Security, secure.Expires = cockroach.TLS, seenAt().Add(40*24*time.Hour+time.Hour)
	secure.CAExpires, secure.NodeExpires = seenAt().Add(3649*24*time.Hour+time.Hour), secure.Expires
	secure.Licence, secure.ThrottledFrom = n(29*24*3600+5), time.Time{}
	// A TLS cluster of which nobody tells anything.
	silent := secure
	silent.Condition, silent.Problems, silent.Next = deploy.Degraded, []string{"pod cockroachdb-0: starting"}, "crdb-kube up waits until it is ready, and says for what"
	silent.Live, silent.Unavailable, silent.UnderReplicated, silent.Licence = cockroach.Count{}, cockroach.Count{}, cockroach.Count{}, cockroach.Count{}
	silent.Expires, silent.CAExpires, silent.NodeExpires = time.Time{}, time.Time{}, time.Time{}
	silent.Pods = []deploy.PodStatus{{Pod: diagnose.Pod{Name: "cockroachdb-0", Phase: diagnose.Starting}}}
	return map[string]deploy.Status{"healthy": healthy, "degraded": degraded, "stopped": stopped, "secure": secure, "silent": silent}
}

func TestWriteStatus_inEveryForm(t *testing.T) {
	for name, status := range statuses() {
		for _, form := range []output{outputTable, outputWide, outputJSON, outputYAML} {
			t.Run(name+" "+string(form), func(t *testing.T) {
				a, out, errOut := testApp(noInput(), nil)
				if err := a.writeStatus(status, form); err != nil {
					t.Fatal(err)
				}
				if errOut.Len() != 0 {
					t.Errorf("on stderr: %q", errOut)
				}
				golden(t, "status-"+name+"."+string(form), out.String())
			})
		}
	}
}

func TestWriteStatus_hasColourOnlyWhereItIsWanted(t *testing.T) {
	cases := map[string]struct {
		color progress.ColorMode
		env   map[string]string
		want  bool
	}{
		"piped":                        {progress.ColorAuto, nil, false},
		"always":                       {progress.ColorAlways, nil, true},
		"always, in spite of NO_COLOR": {progress.ColorAlways, map[string]string{"NO_COLOR": "1"}, true},
		"never":                        {progress.ColorNever, nil, false},
		"NO_COLOR":                     {progress.ColorAuto, map[string]string{"NO_COLOR": "1"}, false},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			a, out, _ := testApp(noInput(), test.env)
			a.color = test.color
			if err := a.writeStatus(statuses()["degraded"], outputTable); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(out.String(), "\x1b["); got != test.want {
				t.Errorf("colour: %v, want %v:\n%q", got, test.want, out)
			}
		})
	}
	a, out, _ := testApp(noInput(), nil)
	a.color = progress.ColorAlways
	if err := a.writeStatus(statuses()["degraded"], outputJSON); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("colour in JSON: %q", out)
	}
}

func TestWriteStatus_letsNoControlCharactersThrough(t *testing.T) {
	status := statuses()["degraded"]
	evil := "\x1b]0;owned\x07\x1b[2J\r\n\x9b31m"
	status.Problems, status.Next = []string{"problem " + evil}, "next "+evil
	status.Pods[1].Node, status.Pods[1].Version, status.Pods[1].Detail = evil, evil, evil
	for _, form := range []output{outputTable, outputWide} {
		a, out, _ := testApp(noInput(), nil)
		if err := a.writeStatus(status, form); err != nil {
			t.Fatal(err)
		}
		if at := strings.IndexFunc(out.String(), func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); at >= 0 {
			t.Errorf("%s: control character at %d: %q", form, at, out)
		}
	}
}

func TestFingerprint_ignoresOnlyWhatChangesByItself(t *testing.T) {
	before := fingerprint(statuses()["healthy"])
	grown := statuses()["healthy"]
	grown.Pods[0].Used, grown.Seen = n(99<<20), seenAt().Add(time.Hour)
	grown.Pods[1].Replicas, grown.Pods[1].Leads, grown.Pods[1].ClockOffset = n(1), n(2), n(3)
	grown.Pods[2].Capacity, grown.Pods[2].Available = n(4), n(5)
	if fingerprint(grown) != before {
		t.Error("used bytes or time changed it")
	}
	restarted := statuses()["healthy"]
	restarted.Pods[0].Restarts = 1
	if fingerprint(restarted) == before {
		t.Error("a restart did not change it")
	}
}

func TestAge_isWrittenAsKubectlDoes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 42 * time.Second: "42s", 119 * time.Second: "119s", 2 * time.Minute: "2m",
		119 * time.Minute: "119m", 2 * time.Hour: "2h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 900 * time.Hour: "37d",
	} {
		if got := age(seenAt().Add(-d), seenAt()); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	if got := age(time.Time{}, seenAt()); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

func TestBytes_areWholeAndNeverLess(t *testing.T) {
	for amount, want := range map[int64]string{0: "0", 1: "1Mi", 1 << 20: "1Mi", 1<<20 + 1: "2Mi", 61 << 20: "61Mi", 1 << 30: "1Gi", 12 << 30: "12Gi"} {
		if got := bytes(amount); got != want {
			t.Errorf("%d: got %q, want %q", amount, got, want)
		}
	}
}
