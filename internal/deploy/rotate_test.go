package deploy

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func (w *world) rotate(change ...func(*RotateOptions)) (RotateResult, error) {
	w.Helper()
	opts := RotateOptions{
		Context: "test",
		Lock:    LockOptions{Holder: kube.Holder{Command: "certs rotate", Host: "here", PID: 1, Token: "t"}},
		// A second later than whatever was issued before.
		Now: func() time.Time { return time.Now().Add(time.Hour) },
	}
	for _, f := range change {
		f(&opts)
	}
	ctx, cancel := w.run()
	defer cancel()
	return Rotate(ctx, w.client, target(), opts, w.record)
}

func TestRotate_renewsAndMakesEveryPodUseIt(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	before := w.keys()
	w.transcript()
	result, err := w.rotate()
	wantNoError(t, err)
	after := w.keys()
	for key := range before {
		same := before[key] == after[key]
		renewed := key != "cockroachdb-certs ca.crt" && len(key) > 18 && key[:18] == "cockroachdb-certs "
		if same == renewed {
			t.Errorf("%s: the same after it %v", key, same)
		}
	}
	now := w.nodeCertificate("default", "cockroachdb")
	for _, pod := range []string{"cockroachdb-0", "cockroachdb-1", "cockroachdb-2"} {
		if !w.shows("default", pod).Equal(now) {
			t.Errorf("%s shows the old certificate", pod)
		}
	}
	if result.Pods != 3 || result.Resumed {
		t.Errorf("result %+v", result)
	}
}

func TestRotate_finishesWhatWasInterruptedAndIssuesNothingMore(t *testing.T) {
	t.Parallel()
	interrupted := 0
	for requests := 5; ; requests += 3 {
		w := newWorld(t)
		_, err := w.up()
		wantNoError(t, err)
		old := w.nodeCertificate("default", "cockroachdb")
		w.cutAfter(requests)
		_, err = w.rotate()
		if !w.cutOff() {
			wantNoError(t, err)
			break
		}
		issued := w.nodeCertificate("default", "cockroachdb")
		behind := !w.shows("default", "cockroachdb-0").Equal(issued) || !w.shows("default", "cockroachdb-1").Equal(issued) || !w.shows("default", "cockroachdb-2").Equal(issued)
		w.cutAfter(-1)
		result, err := w.rotate(func(o *RotateOptions) { o.Now = func() time.Time { return time.Now().Add(2 * time.Hour) } })
		wantNoError(t, err)
		now := w.nodeCertificate("default", "cockroachdb")
		if behind {
			interrupted++
			if !result.Resumed || !now.Equal(issued) || issued.Equal(old) {
				t.Fatalf("cut after %d requests: resumed %v, issued once more %v", requests, result.Resumed, !now.Equal(issued))
			}
		}
		if !w.shows("default", "cockroachdb-2").Equal(now) {
			t.Fatalf("cut after %d requests: a pod shows the old certificate", requests)
		}
	}
	if interrupted == 0 {
		t.Error("no run was cut off between the Secret and the pods")
	}
}

func TestRotate_asksAgainUntilThePodHasHeard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.deaf = 4 // the kubelet brings the new Secret late
	_, err = w.rotate()
	wantNoError(t, err)
	if w.reloads < 7 {
		t.Errorf("told %d times, want 3 pods and 4 in vain", w.reloads)
	}
}

func TestRotate_goesByTheMetricsWhereNoPortMayBeForwarded(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.noForward = &kube.ForbiddenError{Verb: "create", Resource: "pods/portforward", Err: errors.New("no")}
	w.deaf = 1
	result, err := w.rotate()
	wantNoError(t, err)
	if result.Pods != 3 || w.reloads != 4 {
		t.Errorf("%d pods after %d reloads, want 3 after 4", result.Pods, w.reloads)
	}
}

func TestRotate_withoutTheKeyOfTheCAWantsIt(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	a := w.authority()
	w.removeSecret("cockroachdb-ca")
	_, err = w.rotate()
	wantError(t, err, Failed, "the CA's key is not there")
	_, err = w.rotate(func(o *RotateOptions) { o.Authority = new(authority(t)) })
	wantError(t, err, Refused, "holds another CA")
	_, err = w.rotate(func(o *RotateOptions) { o.Authority = &a })
	wantNoError(t, err)
}

func TestRotate_ofTheUsersOwnSecretOnlyReloads(t *testing.T) {
	w := newWorld(t)
	a := authority(t)
	own := sample(func(c *cockroach.Cluster) { c.Security = cockroach.TLS })
	put := func(now time.Time) {
		set, err := own.Issue(a, now)
		wantNoError(t, err)
		w.editSecret("mine", func(s *corev1.Secret) { s.Data = set.Data() })
	}
	secret := &corev1.Secret{}
	secret.Name, secret.Namespace, secret.UID = "mine", "default", "u"
	wantNoError(t, w.tracker.Add(secret))
	put(time.Now())
	_, err := w.up(wish(Wish{CertsSecret: new("mine")}))
	wantNoError(t, err)
	put(time.Now().Add(time.Hour))
	result, err := w.rotate()
	wantNoError(t, err)
	if result.Theirs != "mine" || w.secret("default", "cockroachdb-certs") != nil {
		t.Errorf("result %+v", result)
	}
}

func TestRotate_refusesAnInsecureCluster(t *testing.T) {
	w := newWorld(t)
	_, err := w.rotate()
	wantError(t, err, Absent, "there is none")
	_, err = w.up(insecurely)
	wantNoError(t, err)
	_, err = w.rotate()
	wantError(t, err, Refused, "is insecure")
	_, err = GetCerts(t.Context(), w.client, target(), time.Now)
	wantError(t, err, Refused, "is insecure")
}

func TestGetCerts_tellsWhatEachPodShows(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	set, err := sample(func(c *cockroach.Cluster) { c.Security = cockroach.TLS }).Issue(w.authority(), time.Now().Add(time.Hour))
	wantNoError(t, err)
	w.editSecret("cockroachdb-certs", func(s *corev1.Secret) { s.Data = set.Data() })
	w.load("default", "cockroachdb-1")
	certs, err := GetCerts(t.Context(), w.client, target(), time.Now)
	wantNoError(t, err)
	if len(certs.Certificates) != 3 || len(certs.Pods) != 3 || !certs.AuthorityKey {
		t.Fatalf("got %+v", certs)
	}
	for i, same := range []bool{false, true, false} {
		if certs.Pods[i].Same != same || certs.Pods[i].NotAfter.IsZero() {
			t.Errorf("%+v, want same %v", certs.Pods[i], same)
		}
	}
}
