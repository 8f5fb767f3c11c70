package diagnose

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Causes that are about the cluster as a whole, or its data.
const (
	ClaimTerminating = "CLAIM_TERMINATING"
	DataReplaced     = "DATA_REPLACED"
	ReplicasChanged  = "REPLICAS_CHANGED"
	LicenceThrottled = "LICENCE_THROTTLED"
)

func clusterEntries() []Entry {
	return []Entry{
		{
			ClaimTerminating, progress.Passing,
			"Somebody deleted the claim of a pod that runs. It goes as soon as its pod ends, and with it the data.", "The claim's deletion time.",
			"Back up while the pods run. crdb-kube down refuses to stop such a pod.",
		},
		{
			DataReplaced, progress.User,
			"The claim of one pod was deleted and made again, empty, while the others kept theirs.", "A claim without the cluster's identity beside claims that have it.",
			"crdb-kube up takes the pod in as a new CockroachDB node, which gets its data from the others, and marks the claim.",
		},
		{
			ReplicasChanged, progress.User,
			"Somebody else, such as kubectl scale or an autoscaler, changed the number of pods of the StatefulSet.", "The StatefulSet asks for another number of pods than crdb-kube recorded.",
			"crdb-kube up with --nodes says which number it is to be. Data does not move by itself when pods are taken away.",
		},
		{
			LicenceThrottled, progress.Passing,
			"Without a licence CockroachDB lets through at most five transactions at once, from seven days after a cluster of several nodes was made. A cluster of one node that was started as such is exempt.", "The age of the cluster, its version and its size.",
			"Set a licence, which costs nothing for many uses: SET CLUSTER SETTING enterprise.license = '...'. For development crdb-kube up --nodes 1.",
		},
	}
}

// Deleting is the cause of a claim that goes with its pod's next restart.
func Deleting(claim, pod string, since, now time.Time) *progress.Cause {
	return because(ClaimTerminating, fmt.Sprintf("claim %s is being deleted: its data is lost when pod %s restarts", claim, pod),
		"back up the data now, while the pods run",
		progress.Evidence{Text: "was told to go", Where: "persistentvolumeclaim/" + claim, Age: Scene{Now: now}.age(since)})
}

// Replaced is the cause of pods that came back empty.
func Replaced(pods []string) *progress.Cause {
	return because(DataReplaced, "the data of "+progress.And(pods)+" was replaced: the claim was deleted, and made again empty with the pod",
		"crdb-kube up marks the new claim as the cluster's",
		progress.Evidence{Text: "no identity on the claim, beside claims that have it", Where: "claim of " + progress.And(pods)})
}

// Rescaled is the cause of a StatefulSet that asks for another number of pods
// than the cluster has nodes; nil: it does not.
func Rescaled(set *appsv1.StatefulSet, nodes int) *progress.Cause {
	if set == nil || set.Spec.Replicas == nil || int(*set.Spec.Replicas) == nodes {
		return nil
	}
	return because(ReplicasChanged, fmt.Sprintf("somebody changed the number of pods from %d to %d", nodes, *set.Spec.Replicas),
		fmt.Sprintf("crdb-kube up --nodes %d makes it that many", max(nodes, int(*set.Spec.Replicas))),
		progress.Evidence{Text: fmt.Sprintf("replicas: %d", *set.Spec.Replicas), Where: "statefulset/" + set.Name})
}

// Throttled is the cause of a cluster without a licence from that day on.
func Throttled(from time.Time) *progress.Cause {
	return because(LicenceThrottled, "no licence: at most 5 transactions at once", "SET CLUSTER SETTING enterprise.license = '...'",
		progress.Evidence{Text: "throttled from " + from.UTC().Format(time.DateOnly)})
}
