package deploy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func TestFull_countsWhatIsTakenByWhateverItIs(t *testing.T) {
	unknown := cockroach.Count{}
	for name, test := range map[string]struct{ capacity, available, want cockroach.Count }{
		"empty":              {n(1000), n(1000), n(0)},
		"a byte":             {n(1000), n(999), n(1)},
		"half":               {n(1000), n(500), n(50)},
		"full":               {n(1000), n(0), n(100)},
		"nothing known":      {unknown, unknown, unknown},
		"free unknown":       {n(1000), unknown, unknown},
		"capacity unknown":   {unknown, n(1000), unknown},
		"capacity of nought": {n(0), n(0), unknown},
	} {
		if got := (PodStatus{Capacity: test.capacity, Available: test.available}).Full(); got != test.want {
			t.Errorf("%s: %+v, want %+v", name, got, test.want)
		}
	}
}

func TestTake_aClockThatWasComparedWithNoneIsUnknown(t *testing.T) {
	var pod PodStatus
	pod.take(cockroach.Vars{ClockOffset: n(0), Replicas: n(0), Ranges: n(18)})
	if pod.ClockOffset.Known || pod.Replicas != n(0) || pod.Leads != n(18) || pod.Capacity.Known {
		t.Errorf("%+v", pod)
	}
	pod.take(cockroach.Vars{ClockOffset: n(-49390)})
	if pod.ClockOffset != n(-49390) {
		t.Errorf("offset %+v", pod.ClockOffset)
	}
}

func TestSummarise_believesTheDatabaseAboutItsLicence(t *testing.T) {
	now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
	cluster := sample()
	cluster.Image, cluster.ClusterID = "cockroachdb/cockroach:v26.2.5", clusterA
	settings := kube.Ref{Kind: kube.ConfigMap, Name: cluster.SettingsName(), UID: "there", Created: now}
	seen := survey{refs: map[string]kube.Ref{settings.String(): settings}}
	for name, test := range map[string]struct {
		says      []cockroach.Count
		want      cockroach.Count
		throttled bool
	}{
		"nobody knows":                        {nil, cockroach.Count{}, true},
		"none":                                {[]cockroach.Count{n(0), n(0)}, n(0), true},
		"good":                                {[]cockroach.Count{n(86400), n(86400)}, n(86400), false},
		"not all have heard of it":            {[]cockroach.Count{n(0), n(86400)}, n(86400), false},
		"the last has not heard of it":        {[]cockroach.Count{n(86400), n(0)}, n(86400), false},
		"one does not tell":                   {[]cockroach.Count{{}, n(86400)}, n(86400), false},
		"ended, which is throttled otherwise": {[]cockroach.Count{n(-5)}, n(-5), false},
	} {
		t.Run(name, func(t *testing.T) {
			readings, rollout := map[string]reading{}, diagnose.Rollout{}
			for i, says := range test.says {
				pod := cluster.PodName(i)
				rollout.Pods = append(rollout.Pods, diagnose.Pod{Name: pod, Phase: diagnose.Ready})
				readings[pod] = reading{vars: cockroach.Vars{LicenceLeft: says}}
			}
			s := summarise(cluster, kube.Workload{}, rollout, readings, seen, now)
			if s.Licence != test.want || s.ThrottledFrom.IsZero() == test.throttled {
				t.Errorf("licence %+v, throttled from %v", s.Licence, s.ThrottledFrom)
			}
		})
	}
}

func TestSummarise_tellsTheCAsEndFromTheNodes(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2031, 1, day, 0, 0, 0, 0, time.UTC) }
	cluster := sample()
	cluster.Security = cockroach.TLS
	rollout := diagnose.Rollout{Pods: []diagnose.Pod{{Name: cluster.PodName(0), Phase: diagnose.Ready}, {Name: cluster.PodName(1), Phase: diagnose.Ready}}}
	readings := map[string]reading{
		cluster.PodName(0): {vars: cockroach.Vars{CAExpires: n(at(9).Unix()), NodeExpires: n(at(5).Unix())}},
		cluster.PodName(1): {vars: cockroach.Vars{CAExpires: n(at(9).Unix()), NodeExpires: n(at(4).Unix())}},
	}
	s := summarise(cluster, kube.Workload{}, rollout, readings, survey{}, at(1))
	got := []time.Time{s.CAExpires.UTC(), s.NodeExpires.UTC(), s.Expires.UTC()}
	if diff := cmp.Diff([]time.Time{at(9), at(4), at(4)}, got); diff != "" {
		t.Errorf("CA, node, first of all (-want +got):\n%s", diff)
	}
	s = summarise(cluster, kube.Workload{}, rollout, nil, survey{}, at(1))
	if !s.CAExpires.IsZero() || !s.NodeExpires.IsZero() {
		t.Errorf("made up: %v, %v", s.CAExpires, s.NodeExpires)
	}
}
