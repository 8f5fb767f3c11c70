package deploy

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// render renders and wants that nothing was written.
func (w *world) render(secrets SecretsPolicy, change ...func(*UpOptions)) (Manifest, error) {
	w.Helper()
	opts := w.lookingAhead(change)
	ctx, cancel := w.run()
	defer cancel()
	m, err := Render(ctx, w.client, target(), opts, secrets)
	w.wroteNothingAtAll()
	return m, err
}

func (m Manifest) names() []string {
	var names []string
	for _, object := range m.Objects {
		names = append(names, kube.RefTo(object).String())
	}
	return names
}

func (m Manifest) text(t *testing.T) string {
	t.Helper()
	text := strings.Join(m.Comments, "\n")
	for _, object := range m.Objects {
		document, err := json.Marshal(object)
		wantNoError(t, err)
		text += "\n---\n" + string(document)
	}
	return text
}

func TestRender_hasEverythingInTheOrderOfUpAndNoSecretUnasked(t *testing.T) {
	w := newWorldWithout(t, "default", standardClass())
	m, err := w.render(LeaveSecrets, func(o *UpOptions) { o.Namespace = CreateNamespace })
	wantNoError(t, err)
	want := []string{"namespace/default"}
	for _, line := range newObjects() {
		if name := strings.TrimSuffix(line, " created"); !strings.HasPrefix(name, "secret/") {
			want = append(want, name)
		}
	}
	if diff := cmp.Diff(want, m.names()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(m.Comments[0], "secret/cockroachdb-ca, secret/cockroachdb-certs and secret/cockroachdb-app") {
		t.Errorf("comments %q", m.Comments)
	}
}

func TestRender_isTheSameTwice(t *testing.T) {
	w := newWorld(t)
	for _, when := range []string{"new", "running", "stopped"} {
		first, err := w.render(LeaveSecrets)
		wantNoError(t, err)
		second, err := w.render(LeaveSecrets)
		wantNoError(t, err)
		if diff := cmp.Diff(first.text(t), second.text(t)); diff != "" {
			t.Errorf("%s: %s", when, diff)
		}
		if when == "new" {
			_, err = w.up()
		} else {
			_, err = w.down(Unasked)
		}
		wantNoError(t, err)
	}
}

func TestRender_showsTheSecretsThatThereAreOrSaysThatTheyAreNew(t *testing.T) {
	w := newWorld(t)
	first, err := w.render(ShowSecrets)
	wantNoError(t, err)
	second, err := w.render(ShowSecrets)
	wantNoError(t, err)
	if first.text(t) == second.text(t) || !strings.Contains(first.Comments[0], "Made for this text alone") {
		t.Errorf("new ones are not said to be new: %q", first.Comments)
	}
	_, err = w.up()
	wantNoError(t, err)
	m, err := w.render(ShowSecrets)
	wantNoError(t, err)
	for _, text := range m.Comments {
		if strings.Contains(text, "Made for this text") {
			t.Errorf("says of Secrets that there are: %q", text)
		}
	}
	all, err := w.api.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
	wantNoError(t, err)
	shown := 0
	for _, secret := range all.Items {
		for _, object := range m.Objects {
			if kube.RefTo(object).String() != "secret/"+secret.Name {
				continue
			}
			shown++
			if !sameData(&secret, object) {
				t.Errorf("secret/%s is not as it is", secret.Name)
			}
		}
	}
	if shown != 3 {
		t.Errorf("%d Secrets, want 3", shown)
	}
}

func TestRender_namesTheUsersOwnSecret(t *testing.T) {
	w := newWorld(t)
	own := sample(func(c *cockroach.Cluster) { c.Security = cockroach.TLS })
	set, err := own.Issue(authority(t), time.Now())
	wantNoError(t, err)
	wantNoError(t, w.tracker.Add(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "mine", Namespace: "default", UID: "u"}, Data: set.Data()}))
	m, err := w.render(ShowSecrets, wish(Wish{CertsSecret: new("mine"), AppUser: new("")}))
	wantNoError(t, err)
	if diff := cmp.Diff([]string{"The pods need secret/mine, which is yours and not in here."}, m.Comments[:1]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if strings.Contains(strings.Join(m.names(), " "), "secret/") {
		t.Errorf("Secrets in %q", m.names())
	}
}

func TestRender_holdsPodsBackWhereUpDoes(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.changeSet(func(set *appsv1.StatefulSet) { set.Spec.Template.Spec.TerminationGracePeriodSeconds = new(int64(30)) })
	m, err := w.render(LeaveSecrets)
	wantNoError(t, err)
	if !strings.Contains(m.text(t), `"partition":3`) || !strings.Contains(m.text(t), heldBack) {
		t.Error("all pods would be replaced at once")
	}
}
