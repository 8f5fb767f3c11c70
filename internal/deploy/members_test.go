package deploy

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func crdbNode(id int, host string, change ...func(*cockroach.Member)) cockroach.Member {
	one := cockroach.Member{ID: id, Host: host, Build: "v26.2.5", Live: true, Membership: cockroach.MemberActive}
	for _, f := range change {
		f(&one)
	}
	return one
}

func dead(one *cockroach.Member) { one.Live = false }
func departed(one *cockroach.Member) {
	one.Membership, one.Live = cockroach.MemberDecommissioned, false
}
func leaving(one *cockroach.Member) { one.Membership = cockroach.MemberDecommissioning }

func TestRoster_findsPodsByTheirAddresses(t *testing.T) {
	c := sample(func(c *cockroach.Cluster) { c.Nodes = 5 })
	host := func(i int) string { return c.HostOf(i) }
	r := roster{cluster: c, members: []cockroach.Member{
		crdbNode(1, host(0)), crdbNode(2, host(2)), crdbNode(3, host(1)),
		crdbNode(4, host(3), departed), crdbNode(9, host(3)), // joined anew
		crdbNode(5, host(4), leaving), crdbNode(6, host(11), dead), // added by hand, and taken away again
	}}
	for name, got := range map[string][2][]int{
		"of pod 1":       {idsOf(r.at(1)), {3}},
		"of pod 3":       {idsOf(r.at(3)), {9}},
		"of pod 7":       {idsOf(r.at(7)), nil},
		"that would go":  {idsOf(r.beyond(3)), {9, 5, 6}},
		"dead below 5":   {r.dead(5), nil},
		"of nobody's":    {r.unplaced(), nil},
		"dead, all told": {r.dead(100), {6}},
	} {
		if !slices.Equal(got[0], got[1]) {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
	wantNoError(t, r.complete(5))
	if r.membership(4) != cockroach.MemberDecommissioned || r.membership(77) != "" {
		t.Errorf("%q, %q", r.membership(4), r.membership(77))
	}
}

func TestRoster_goesOnWithNobodyMissing(t *testing.T) {
	c := sample()
	all := []cockroach.Member{crdbNode(1, c.HostOf(0)), crdbNode(2, c.HostOf(1))}
	for want, one := range map[string]cockroach.Member{
		"CockroachDB node 3 is dead, and still belongs to the cluster": crdbNode(3, c.HostOf(2), dead),
		"CockroachDB node 3 belongs to no pod of this cluster":         crdbNode(3, "", dead),
		"CockroachDB node 4 belongs to no pod of this cluster":         crdbNode(4, "elsewhere.example"),
		"CockroachDB node 5 belongs to no pod of this cluster":         crdbNode(5, "cockroachdb-01.cockroachdb.default"),
		"CockroachDB node 6 belongs to no pod of this cluster":         crdbNode(6, "cockroachdb-2.cockroachdb.other"),
		"CockroachDB node 7 belongs to no pod of this cluster":         crdbNode(7, "xcockroachdb-2.cockroachdb.default"),
	} {
		wantError(t, roster{append(slices.Clone(all), one), c}.complete(3), Failed, want)
	}
	wantNoError(t, roster{append(all, crdbNode(3, "", departed)), c}.complete(3))
}

// Only what a decommissioning marked, and only beyond the pods that there are.
func TestRetired_takesNothingButWhatLeftForGood(t *testing.T) {
	c := sample(func(c *cockroach.Cluster) { c.StorageClass, c.HostPath = "", "/data" })
	claim := func(name string, labels, annotations map[string]string) corev1.PersistentVolumeClaim {
		return corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: "c-1", Labels: labels, Annotations: annotations}}
	}
	volume := func(name string, annotations map[string]string) corev1.PersistentVolume {
		return corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "v-1", Labels: c.Labels(), Annotations: annotations}}
	}
	left := map[string]string{cockroach.AnnotationLeaving: "4"}
	ofVolume := func(ordinal, incarnation, mark string) map[string]string {
		return map[string]string{cockroach.AnnotationOrdinal: ordinal, cockroach.AnnotationIncarnation: incarnation, cockroach.AnnotationLeaving: mark}
	}
	s := survey{
		record: &c,
		claims: []corev1.PersistentVolumeClaim{
			claim("datadir-cockroachdb-2", c.Labels(), left), // of a pod that stays
			claim("datadir-cockroachdb-3", c.Labels(), left),
			claim("datadir-cockroachdb-4", c.Labels(), map[string]string{cockroach.AnnotationLeaving: ""}), // called back
			claim("datadir-cockroachdb-5", c.Labels(), nil),                                                // a spare one
			claim("datadir-cockroachdb-6", nil, left),                                                      // somebody else's
			claim("datadir-cockroachdb-7", c.Labels(), map[string]string{cockroach.AnnotationLeaving: cockroach.NeverJoined}),
		},
		volumes: []corev1.PersistentVolume{
			volume("v2", ofVolume("2", c.Incarnation, "4")), volume("v3", ofVolume("3", c.Incarnation, "4")),
			volume("v4", ofVolume("4", c.Incarnation, "")), volume("v5", ofVolume("5", "12345678", "4")), // of an earlier cluster
		},
	}
	claims, volumes := retired(s, target(), 3)
	var got []string
	for _, ref := range append(claims, volumes...) {
		got = append(got, ref.Name)
	}
	if want := []string{"datadir-cockroachdb-3", "datadir-cockroachdb-7", "v3"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
