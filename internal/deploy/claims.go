package deploy

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// unfit refuses claims that are not what the cluster's are: of another size
// or class, or of an earlier cluster with the same name. Where the class lets
// them grow, those that are too small are made larger.
func (s survey) unfit(c cockroach.Cluster, expandable bool) error {
	var seen []string
	sizes := map[string]bool{}
	other := false
	for i := range s.claims {
		claim := &s.claims[i]
		size := claim.Spec.Resources.Requests.Storage()
		sizes[size.String()] = true
		name := "persistentvolumeclaim/" + claim.Name
		if of := claim.Annotations[cockroach.AnnotationIncarnation]; of != "" && of != c.Incarnation {
			seen, other = append(seen, name+" belongs to an earlier cluster of this name"), true
		}
		if class := classOf(claim); class != c.StorageClass {
			seen, other = append(seen, fmt.Sprintf("%s is %s, and the cluster's claims are %s", name, describeClass(class), describeClass(c.StorageClass))), true
		}
		if cmp := size.Cmp(c.Storage); cmp > 0 || (cmp < 0 && !expandable) {
			seen = append(seen, fmt.Sprintf("%s asks for %s, and the cluster's claims for %s", name, size, &c.Storage))
		}
	}
	if len(seen) == 0 {
		return nil
	}
	e := &Error{
		Kind:    Refused,
		Message: firstOf(seen) + " not made for this cluster",
		Seen:    seen,
		Next:    "crdb-kube down, then delete the claim, if what it holds is not wanted; then the same command again makes it anew",
	}
	if !other && len(sizes) == 1 {
		e.Next = "crdb-kube up --storage " + s.claims[0].Spec.Resources.Requests.Storage().String() + " takes the claims as they are"
	}
	return e
}

// allOf says whether there are claims and all of them have this size.
func (s survey) allOf(size string) bool {
	for i := range s.claims {
		if s.claims[i].Spec.Resources.Requests.Storage().String() != size {
			return false
		}
	}
	return len(s.claims) > 0
}

func classOf(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil {
		return ""
	}
	return *claim.Spec.StorageClassName
}

// lost are the pods of an initialised cluster whose data is gone.
type lost struct {
	// missing have no claim.
	missing []string
	// replaced have a claim that the StatefulSet controller made again, empty:
	// it knows nothing of the marks that ours carry. A claim of a run that was
	// ended between init and the record of it has the mark of its incarnation.
	replaced []string
}

func (s survey) lost(c cockroach.Cluster) lost {
	var l lost
	if c.ClusterID == "" {
		return l
	}
	claims := map[string]*corev1.PersistentVolumeClaim{}
	for i := range s.claims {
		claims[s.claims[i].Name] = &s.claims[i]
	}
	own := map[string]bool{} // a volume of our own that is there has the data
	for i := range s.volumes {
		if s.volumes[i].Annotations[cockroach.AnnotationIncarnation] == c.Incarnation {
			own[s.volumes[i].Name] = true
		}
	}
	for i := range c.Served {
		claim := claims[c.ClaimName(i)]
		switch {
		case own[c.VolumeName(i)]:
		case claim == nil:
			l.missing = append(l.missing, c.PodName(i))
		case claim.Annotations[cockroach.AnnotationIncarnation] == "":
			l.replaced = append(l.replaced, c.PodName(i))
		}
	}
	return l
}

// are is a number with its verb.
func are(n int) string {
	switch n {
	case 0:
		return "none is"
	case 1:
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

// checkLoss says which pods will start without the data that they had, and
// refuses where no majority has any: the rest could not serve, and a new
// cluster must not take the place of a lost one unasked.
func (u *up) checkLoss(was cockroach.Cluster) error {
	l := u.seen.lost(was)
	if left := was.Served - len(l.missing); len(l.missing) > 0 && 2*left <= was.Served {
		return &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: cluster %s had %s, and of its claims %s left: too few to serve the data", was.Name, short(was.ClusterID), progress.Count(was.Served, "node"), are(left)),
			Seen:    []string{"no claim is left of " + progress.And(l.missing)},
			Next:    "bring the volumes back; crdb-kube up --fresh gives the old cluster up and starts empty",
		}
	}
	if len(l.missing) > 0 {
		u.remark("no claim is left of %s: what it held is gone, and it starts empty", progress.And(l.missing))
	}
	if len(l.replaced) > 0 {
		u.remark("the data of %s was replaced: the claim was deleted, and made again empty with the pod", progress.And(l.replaced))
	}
	return nil
}
