package deploy

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// secretNames are those of the Secrets that a cluster with TLS has.
func secretNames() []string {
	return []string{"cockroachdb-ca", "cockroachdb-certs", "cockroachdb-app"}
}

// keys are the bytes of all Secrets.
func (w *world) keys() map[string]string {
	all := map[string]string{}
	for _, name := range secretNames() {
		if secret := w.secret("default", name); secret != nil {
			for key, value := range secret.Data {
				all[name+" "+key] = string(value)
			}
		}
	}
	return all
}

// removeSecret deletes one behind the program's back.
func (w *world) removeSecret(name string) {
	w.Helper()
	wantNoError(w.T, w.api.CoreV1().Secrets("default").Delete(w.Context(), name, metav1.DeleteOptions{}))
}

// editSecret changes one behind the program's back.
func (w *world) editSecret(name string, change func(*corev1.Secret)) {
	w.Helper()
	secret := w.secret("default", name).DeepCopy()
	change(secret)
	wantNoError(w.T, w.tracker.Update(corev1.SchemeGroupVersion.WithResource("secrets"), secret, "default"))
}

// later moves the clock of a run.
func later(d time.Duration) func(*UpOptions) {
	return func(o *UpOptions) { o.Now = func() time.Time { return time.Now().Add(d) } }
}

func insecurely(o *UpOptions) { o.Wish.Security = new(cockroach.Insecure) }

const year = 365 * 24 * time.Hour

func TestUp_keepsEveryKeyWhateverHappens(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	before := w.keys()
	if len(before) != 2+5+9 {
		t.Fatalf("%d keys in the Secrets, want 16: %v", len(before), maps.Keys(before))
	}
	for range 3 {
		_, err := w.up()
		wantNoError(t, err)
	}
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up()
	wantNoError(t, err)
	var seen []string
	_, err = w.up(fresh(nil, &seen))
	wantNoError(t, err)
	if !maps.Equal(before, w.keys()) {
		t.Error("some bytes of the Secrets changed")
	}
	if list := strings.Join(seen, "\n"); strings.Contains(list, "secret/") {
		t.Errorf("--fresh says that it deletes Secrets, and does not:\n%s", list)
	}
	_, err = w.down(Given)
	wantNoError(t, err)
	if left := w.keys(); len(left) > 0 {
		t.Errorf("left after --delete-data: %d keys", len(left))
	}
}

// Wherever a run is cut off, the next one ends well, with one CA.
func TestUp_completesTheSecretsOfAnInterruptedRun(t *testing.T) {
	t.Parallel()
	var ca string
	for requests := 10; ; requests += 4 {
		w := newWorld(t)
		w.cutAfter(requests)
		_, err := w.up()
		if !w.cutOff() {
			wantNoError(t, err)
			break
		}
		before := w.keys()
		w.cutAfter(-1)
		_, err = w.up()
		wantNoError(t, err)
		after := w.keys()
		for key, value := range before {
			if after[key] != value {
				t.Fatalf("cut after %d requests: %s changed", requests, key)
			}
		}
		if mark := w.secret("default", "cockroachdb-app").Annotations[cockroach.AnnotationPasswordSet]; mark != clusterA+"/app" {
			t.Fatalf("cut after %d requests: the user is marked as set in %q", requests, mark)
		}
		if !strings.Contains(w.scripts[len(w.scripts)-1], after["cockroachdb-app password"]) {
			t.Fatalf("cut after %d requests: the database has another password than the Secret", requests)
		}
		if ca == after["cockroachdb-ca ca.key"] {
			t.Fatal("two clusters have one CA")
		}
		ca = after["cockroachdb-ca ca.key"]
	}
	if ca == "" {
		t.Error("no run was cut off")
	}
}

func TestUp_issuesAgainWhatIsMissingFromAHalfWrittenSet(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	before := w.keys()
	w.editSecret("cockroachdb-certs", func(s *corev1.Secret) {
		delete(s.Data, cockroach.FileRootKey)
		delete(s.Data, cockroach.FileRoot)
	})
	result, err := w.up()
	wantNoError(t, err)
	after := w.keys()
	for _, key := range []string{"ca.crt", "node.crt", "node.key"} {
		if before["cockroachdb-certs "+key] != after["cockroachdb-certs "+key] {
			t.Errorf("%s changed, which was there", key)
		}
	}
	if after["cockroachdb-certs client.root.key"] == "" || result.Changed != 1 {
		t.Errorf("root has no certificate, or more than the Secret changed: %d", result.Changed)
	}
}

func TestUp_doesNotMakeANewCAForAClusterWhoseCAIsLost(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.removeSecret("cockroachdb-ca")
	_, err = w.up() // somebody keeps the key elsewhere
	wantNoError(t, err)
	w.removeSecret("cockroachdb-certs")
	w.writes()
	_, err = w.up()
	wantError(t, err, Refused, "its CA is gone")
	if got := w.writes(); len(got) > 2 { // the lock
		t.Errorf("refused, and yet wrote %q", got)
	}
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up()
	wantError(t, err, Refused, "its CA is gone") // applications trust it
	w.removeSecret("cockroachdb-app")
	_, err = w.up()
	wantNoError(t, err)
}

func TestUp_refusesACAThatItCannotUseBeforeAnythingIsMade(t *testing.T) {
	for reason, spoil := range map[string]func(data map[string][]byte){
		"has no ca.key, and nothing can be issued": func(data map[string][]byte) { delete(data, cockroach.FileCAKey) },
		"ca.key: is not the key of this CA":        func(data map[string][]byte) { data[cockroach.FileCAKey] = authority(t).KeyPEM() },
		"ca.crt: is empty":                         func(data map[string][]byte) { data[cockroach.FileCA] = nil },
	} {
		w := newWorld(t)
		secret := sample().AuthoritySecret(authority(t))
		secret.UID = "u"
		spoil(secret.Data)
		wantNoError(t, w.tracker.Add(secret))
		_, err := w.up()
		wantError(t, err, Failed, "secret/cockroachdb-ca: "+reason)
		if got := w.objects(); len(got) != 1 {
			t.Errorf("%s: refused, and yet there are %q", reason, got)
		}
	}
}

func authority(t *testing.T) cockroach.Authority {
	t.Helper()
	a, err := cockroach.NewAuthority(time.Now())
	wantNoError(t, err)
	return a
}

func withAuthority(a cockroach.Authority) func(*UpOptions) {
	return func(o *UpOptions) { o.Authority = &a }
}

func TestUp_signsWithTheCAOfTheUserAndNeverReplacesOne(t *testing.T) {
	w := newWorld(t)
	mine, other := authority(t), authority(t)
	_, err := w.up(withAuthority(mine))
	wantNoError(t, err)
	if !bytes.Equal(w.secret("default", "cockroachdb-ca").Data[cockroach.FileCA], mine.CertPEM()) {
		t.Error("another CA than the user's is kept")
	}
	again, err := w.up(withAuthority(mine))
	wantNoError(t, err)
	if again.Changed != 0 {
		t.Errorf("the same CA again changed %d objects", again.Changed)
	}
	_, err = w.up(withAuthority(other))
	wantError(t, err, Refused, "holds another CA")
	for _, without := range []func(){
		func() { w.editSecret("cockroachdb-ca", func(s *corev1.Secret) { delete(s.Data, cockroach.FileCAKey) }) },
		func() { w.removeSecret("cockroachdb-ca") },
		func() { w.removeSecret("cockroachdb-certs") },
	} {
		without()
		_, err = w.up(withAuthority(other))
		wantError(t, err, Refused, "holds another CA")
	}
	_, err = w.up(withAuthority(mine))
	wantNoError(t, err)
	if w.secret("default", "cockroachdb-certs") == nil {
		t.Error("the certificates were not issued again")
	}
}

func TestUp_usesTheUsersOwnSecretAndNeverWritesIt(t *testing.T) {
	w := newWorld(t)
	own := sample(func(c *cockroach.Cluster) { c.Security = cockroach.TLS })
	set, err := own.Issue(authority(t), time.Now())
	wantNoError(t, err)
	byName := wish(Wish{CertsSecret: new("mine")})
	_, err = w.up(byName)
	wantError(t, err, Failed, "secret/mine: not found")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "mine", Namespace: "default", UID: "u", ResourceVersion: "7"}, Data: set.Data()}
	wantNoError(t, w.tracker.Add(secret))
	w.writes()
	for _, key := range []string{cockroach.FileNodeKey, cockroach.FileCA, cockroach.FileRoot} {
		value := w.secret("default", "mine").Data[key]
		for _, wrong := range [][]byte{nil, []byte("nonsense")} {
			w.editSecret("mine", func(s *corev1.Secret) { s.Data[key] = wrong })
			_, err = w.up(byName)
			wantError(t, err, Failed, "secret/mine: "+key)
		}
		w.editSecret("mine", func(s *corev1.Secret) { s.Data[key] = value })
	}
	for _, write := range w.writes() {
		if !strings.Contains(write, "lease") {
			t.Errorf("refused, and yet wrote %s", write)
		}
	}
	_, err = w.up(byName)
	wantNoError(t, err)
	for _, name := range []string{"cockroachdb-ca", "cockroachdb-certs"} {
		if w.secret("default", name) != nil {
			t.Errorf("secret/%s was made", name)
		}
	}
	_, err = w.down(Given)
	wantNoError(t, err)
	if left := w.secret("default", "mine"); left == nil || left.ResourceVersion != "7" {
		t.Errorf("the user's Secret was written or deleted: %v", left)
	}
}

func TestUp_refusesASecretOfSomebodyElse(t *testing.T) {
	for _, name := range secretNames() {
		w := newWorld(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", UID: "u"}})
		_, err := w.up()
		wantError(t, err, Refused, "secret/"+name, "takes over nothing")
		if sets, _ := w.api.AppsV1().StatefulSets("default").List(t.Context(), metav1.ListOptions{}); len(sets.Items) > 0 {
			t.Errorf("%s: refused, and yet made a StatefulSet", name)
		}
		_, err = w.down(Given)
		wantNoError(t, err)
		if w.secret("default", name) == nil {
			t.Errorf("%s was deleted, which is somebody else's", name)
		}
	}
}

func TestUp_doesNotSwitchTheSecurityOfACluster(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	_, err = w.up(insecurely)
	wantError(t, err, Refused, "was made with security TLS")
	_, err = w.down(Unasked)
	wantNoError(t, err)
	_, err = w.up(insecurely)
	wantError(t, err, Refused, "was made with security TLS")

	w = newWorld(t)
	_, err = w.up(insecurely)
	wantNoError(t, err)
	_, err = w.up()
	wantNoError(t, err) // as it is
	_, err = w.up(wish(Wish{Security: new(cockroach.TLS)}))
	wantError(t, err, Refused, "was made with security insecure")
	_, err = w.up(withAuthority(authority(t)))
	wantError(t, err, Refused, "is insecure")
}

func TestUp_renewsWhatEndsWithinAWeekAndMakesThePodsUseIt(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	old := w.nodeCertificate("default", "cockroachdb")
	left := func(d time.Duration) func(*UpOptions) { return later(time.Until(old.NotAfter) - d) }
	_, err = w.up(left(20 * 24 * time.Hour))
	wantNoError(t, err)
	w.wantNote("the certificates end on " + day(old.NotAfter) + "; crdb-kube certs rotate renews them")
	if !w.nodeCertificate("default", "cockroachdb").Equal(old) {
		t.Fatal("renewed 20 days before the end")
	}
	_, err = w.up(left(6 * 24 * time.Hour))
	wantNoError(t, err)
	renewed := w.nodeCertificate("default", "cockroachdb")
	if renewed.NotAfter.Sub(old.NotAfter) < 4*year {
		t.Fatalf("certificate until %s, want one renewed", renewed.NotAfter)
	}
	for _, pod := range []string{"cockroachdb-0", "cockroachdb-1", "cockroachdb-2"} {
		if !w.shows("default", pod).Equal(renewed) {
			t.Errorf("%s shows the old certificate", pod)
		}
	}
	w.wantNote("3 pods took new certificates up, until " + day(renewed.NotAfter))
}

// A run that was cut off between the Secret and the pods is finished by the
// next `up`, whoever renewed.
func TestUp_makesPodsUseWhatAnEarlierRunIssued(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	set, err := sample(func(c *cockroach.Cluster) { c.Security = cockroach.TLS }).Issue(w.authority(), time.Now().Add(time.Hour))
	wantNoError(t, err)
	w.editSecret("cockroachdb-certs", func(s *corev1.Secret) { s.Data = set.Data() })
	_, err = w.up()
	wantNoError(t, err)
	if !w.shows("default", "cockroachdb-2").Equal(set.NodeCert()) {
		t.Error("the pods still use the old certificate")
	}
}

// authority is the CA that is kept in the world.
func (w *world) authority() cockroach.Authority {
	w.Helper()
	secret := w.secret("default", "cockroachdb-ca")
	a, err := cockroach.ParseAuthority(secret.Data[cockroach.FileCA], secret.Data[cockroach.FileCAKey], time.Now())
	wantNoError(w.T, err)
	return a
}

func TestStatus_warnsBeforeCertificatesEnd(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	ends := w.nodeCertificate("default", "cockroachdb").NotAfter
	at := func(left time.Duration) Status {
		w.now = func() time.Time { return ends.Add(-left) }
		s, err := w.status()
		wantNoError(t, err)
		return s
	}
	if s := at(31 * 24 * time.Hour); len(s.Warnings) > 0 || !s.Expires.Equal(ends) || s.Condition != Healthy {
		t.Errorf("31 days before: %+v", s)
	}
	s := at(29*24*time.Hour + time.Minute)
	if want := "certificates end on " + day(ends) + ", in 29 days: crdb-kube certs rotate renews them"; len(s.Warnings) != 1 || s.Warnings[0] != want || s.Condition != Healthy {
		t.Errorf("29 days before: %s, %q, want %q", s.Condition, s.Warnings, want)
	}
	if s := at(-time.Minute); s.Condition == Healthy || len(s.Problems) == 0 || !strings.Contains(s.Problems[0], "certificates ended on") {
		t.Errorf("after the end: %s, %q", s.Condition, s.Problems)
	}
	w.editSecret("cockroachdb-ca", func(s *corev1.Secret) { delete(s.Data, cockroach.FileCAKey) })
	if s := at(29 * 24 * time.Hour); len(s.Warnings) != 1 || !strings.Contains(s.Warnings[0], "--ca-cert FILE") {
		t.Errorf("without the CA's key: %q", s.Warnings)
	}
}
