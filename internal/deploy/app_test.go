package deploy

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

func rotating(o *UpOptions) { o.AppPassword = RotatePassword }

func TestUp_givesTheApplicationANewPasswordOnlyWhenAsked(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	before := w.keys()
	_, err = w.up(rotating)
	wantNoError(t, err)
	after := w.keys()
	if before["cockroachdb-app password"] == after["cockroachdb-app password"] {
		t.Fatal("the password is the same")
	}
	if !strings.Contains(after["cockroachdb-app uri"], after["cockroachdb-app password"]) {
		t.Error("the uri has another password")
	}
	if got := w.scripts[len(w.scripts)-1]; len(w.scripts) != 2 || !strings.Contains(got, after["cockroachdb-app password"]) {
		t.Errorf("the database was not told, or too often: %d times", len(w.scripts))
	}
	if before["cockroachdb-certs node.key"] != after["cockroachdb-certs node.key"] {
		t.Error("the node's key changed, too")
	}
	if strings.Contains(w.transcript(), after["cockroachdb-app password"]) {
		t.Error("the events show the password")
	}
}

// The Secret comes first: a database that knows a password which stands
// nowhere would lock the application out for good.
func TestUp_finishesAPasswordThatTheDatabaseDoesNotKnowYet(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	w.badSQL = "ERROR: at or near \"x\": syntax error\nDETAIL: source SQL:\nSTATEMENT"
	_, err = w.up(rotating)
	failed := theError(t, err, Failed, "user app: ")
	password := w.keys()["cockroachdb-app password"]
	if strings.Contains(failed.Error()+failed.Next+w.transcript(), password) {
		t.Error("the failure shows the password")
	}
	w.badSQL = ""
	_, err = w.up()
	wantNoError(t, err)
	if got := w.keys()["cockroachdb-app password"]; got != password || !strings.Contains(w.scripts[len(w.scripts)-1], got) {
		t.Error("the next up did not make database and Secret agree")
	}
	n := len(w.scripts)
	_, err = w.up()
	wantNoError(t, err)
	if len(w.scripts) != n {
		t.Error("and the one after it asked the database again")
	}
}

func TestUp_makesAnotherUserWithoutTouchingTheFirst(t *testing.T) {
	w := newWorld(t)
	_, err := w.up()
	wantNoError(t, err)
	password := w.keys()["cockroachdb-app password"]
	result, err := w.up(wish(Wish{AppUser: new("shop")}))
	wantNoError(t, err)
	after := w.keys()
	if after["cockroachdb-app username"] != "shop" || after["cockroachdb-app password"] != password || result.Cluster.AppUser != "shop" {
		t.Errorf("user %q, with the old password: %v", after["cockroachdb-app username"], after["cockroachdb-app password"] == password)
	}
	if got := w.scripts[len(w.scripts)-1]; strings.Contains(got, `"app"`) || strings.Contains(got, "DROP") {
		t.Errorf("the first user was touched:\n%s", got)
	}
}

func TestUp_makesNoUserWhereNoneIsWanted(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(wish(Wish{AppUser: new("")}))
	wantNoError(t, err)
	if w.secret("default", "cockroachdb-app") != nil || len(w.scripts) > 0 {
		t.Error("a user was made")
	}
	_, err = w.up()
	wantNoError(t, err)
	if w.secret("default", "cockroachdb-app") != nil {
		t.Error("the second up made a user")
	}
	_, err = w.up(rotating)
	wantError(t, err, Refused, "has no user for the application")
}

func TestUp_insecureHasAUserWithoutAPassword(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(insecurely)
	wantNoError(t, err)
	keys := w.keys()
	if keys["cockroachdb-app password"] != "" || !strings.Contains(keys["cockroachdb-app uri"], "sslmode=disable") || w.secret("default", "cockroachdb-ca") != nil {
		t.Errorf("keys %v", keys)
	}
	if len(w.scripts) != 1 || strings.Contains(w.scripts[0], "PASSWORD") {
		t.Errorf("scripts %q", w.scripts)
	}
	_, err = w.up(insecurely, rotating)
	wantError(t, err, Refused, "is insecure")
}

// A cluster that an older crdb-kube made has no user, and gets none unasked.
func TestUp_leavesAClusterWithoutAUserAsItIs(t *testing.T) {
	w := newWorld(t)
	_, err := w.up(insecurely)
	wantNoError(t, err)
	w.removeSecret("cockroachdb-app")
	settings, err := w.tracker.Get(corev1.SchemeGroupVersion.WithResource("configmaps"), "default", "cockroachdb-cluster")
	wantNoError(t, err)
	older := settings.(*corev1.ConfigMap).DeepCopy()
	delete(older.Data, "app-user")
	wantNoError(t, w.tracker.Update(corev1.SchemeGroupVersion.WithResource("configmaps"), older, "default"))
	result, err := w.up()
	wantNoError(t, err)
	if result.Changed != 0 || w.secret("default", "cockroachdb-app") != nil {
		t.Errorf("changed %d objects", result.Changed)
	}
}

func TestUp_doesNotTakeALostConnectionForAUser(t *testing.T) {
	w := newWorld(t)
	w.lostScript = errCutOff
	_, err := w.up()
	if !errors.Is(err, errCutOff) {
		t.Fatalf("got %v", err)
	}
	if mark := w.secret("default", "cockroachdb-app").Annotations[cockroach.AnnotationPasswordSet]; mark != "" {
		t.Errorf("marked %q", mark)
	}
	w.lostScript = nil
	_, err = w.up()
	wantNoError(t, err)
	if mark := w.secret("default", "cockroachdb-app").Annotations[cockroach.AnnotationPasswordSet]; mark != clusterA+"/app" {
		t.Errorf("marked %q", mark)
	}
}
