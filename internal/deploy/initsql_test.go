package deploy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/diagnose"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

const secret = "CREATE USER a WITH PASSWORD 'hunter2';"

// scripted is a world whose databases run what they get on stdin.
type scripted struct {
	*world
	// ran are the texts, and when: pods ready and settings at that moment.
	ran []string
	// initSQL is what the settings said when init was sent.
	initSQL string
	// fails is what the database says; empty: all is well.
	fails string
	// lost is how the connection ends, in the middle of a run.
	lost error
}

func newScripted(t *testing.T) *scripted {
	t.Helper()
	s := &scripted{world: newWorld(t)}
	s.client = kube.NewWith(s.api, s)
	return s
}

func (s *scripted) Exec(ctx context.Context, command kube.Command) (int, error) {
	if slices.Contains(command.Args, "init") {
		s.initSQL = s.settings()["init-sql"]
	}
	if command.Stdin == nil {
		return s.world.Exec(ctx, command)
	}
	text, err := io.ReadAll(command.Stdin)
	if err != nil {
		return 1, err
	}
	if slices.ContainsFunc(command.Args, func(arg string) bool { return strings.Contains(arg, "PASSWORD") }) {
		s.Errorf("the SQL stands in the arguments: %q", command.Args)
	}
	if strings.HasPrefix(string(text), "CREATE DATABASE IF NOT EXISTS app;") {
		return 0, nil // the application's user
	}
	if !diagnose.PodReady(s.pod(command.Namespace, command.Pod)) {
		s.Errorf("%s was asked before it was ready", command.Pod)
	}
	s.ran = append(s.ran, string(text))
	if s.lost != nil {
		return 0, s.lost
	}
	if s.fails != "" {
		fmt.Fprintf(command.Stderr, "ERROR: %s\nSQLSTATE: 42P07\nFailed running \"sql\"\n", s.fails)
		return 1, nil
	}
	fmt.Fprintln(command.Stdout, "hunter2")
	return 0, nil
}

// settings are read past the API, so that they can be read at any time.
func (s *scripted) settings() map[string]string {
	found, err := s.tracker.Get(corev1.SchemeGroupVersion.WithResource("configmaps"), "default", "cockroachdb-cluster")
	wantNoError(s.T, err)
	return found.(*corev1.ConfigMap).Data
}

func (s *scripted) wantState(state string, ran int) {
	s.Helper()
	if got := s.settings()["init-sql"]; got != state || len(s.ran) != ran {
		s.Errorf("settings say %q after %d runs, want %q after %d", got, len(s.ran), state, ran)
	}
	if said := s.transcript(); strings.Contains(said, "hunter2") || strings.Contains(fmt.Sprint(s.settings()), "hunter2") {
		s.Errorf("the SQL shows:\n%s\n%v", said, s.settings())
	}
}

func withSQL() func(*UpOptions) { return wish(Wish{InitSQL: new(secret)}) }

func TestUp_runsInitialSQLOnceAfterTheClusterIsReady(t *testing.T) {
	s := newScripted(t)
	_, err := s.up(withSQL())
	wantNoError(t, err)
	golden(t, "up-init-sql.txt", s.transcript())
	s.wantState("done", 1)
	if s.initSQL != "pending" {
		t.Errorf("when init was sent the settings said %q, want pending", s.initSQL)
	}
	if diff := cmp.Diff([]string{secret}, s.ran); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := s.up(withSQL())
	wantNoError(t, err)
	s.wantState("done", 1)
	s.wantNote("--init-sql: not run, for it ran when the cluster was made")
	if again.Changed != 0 {
		t.Errorf("the second up changed %d objects", again.Changed)
	}
	_, err = s.up()
	wantNoError(t, err)
	s.wantState("done", 1)
	if notes := s.notes(); len(notes) > 0 {
		t.Errorf("notes %q", notes)
	}
}

func TestUp_doesNotRunInitialSQLOnAClusterThatWasMadeWithoutIt(t *testing.T) {
	s := newScripted(t)
	_, err := s.up()
	wantNoError(t, err)
	_, err = s.up(withSQL())
	wantNoError(t, err)
	s.wantState("", 0)
	s.wantNote("--init-sql: not run, for the cluster was made without it")
}

func TestUp_runsInitialSQLAgainThatFailed(t *testing.T) {
	s := newScripted(t)
	s.fails = `at or near "hunter2": syntax error`
	_, err := s.up(withSQL())
	failed := theError(t, err, Failed, `init SQL: at or near "…": syntax error`)
	if !strings.Contains(failed.Next, "same command again") {
		t.Errorf("next %q", failed.Next)
	}
	s.wantState("pending", 1)
	s.fails = ""
	_, err = s.up()
	wantNoError(t, err)
	s.wantState("pending", 1)
	s.wantNote("the initial SQL of this cluster has not come to its end; crdb-kube up --init-sql FILE runs it")
	_, err = s.up(withSQL())
	wantNoError(t, err)
	s.wantState("done", 2)
	if s.inits != 1 {
		t.Errorf("%d inits", s.inits)
	}
}

func TestUp_runsInitialSQLAgainThatWasInterrupted(t *testing.T) {
	s := newScripted(t)
	s.lost = errCutOff
	_, err := s.up(withSQL())
	if !errors.Is(err, errCutOff) || !strings.Contains(err.Error(), "init SQL through cockroachdb-0") {
		t.Fatalf("got %v, want the lost connection", err)
	}
	s.wantState("pending", 1)
	s.lost = nil
	_, err = s.up(withSQL())
	wantNoError(t, err)
	s.wantState("done", 2)
}

// The run that sent init was ended before it knew: the settings still do.
func TestUp_remembersInitialSQLThroughALostInit(t *testing.T) {
	s := newScripted(t)
	s.afterInit = errCutOff
	_, err := s.up(withSQL())
	if !errors.Is(err, errCutOff) {
		t.Fatalf("got %v, want the lost connection", err)
	}
	s.wantState("pending", 0)
	s.afterInit = nil
	_, err = s.up(withSQL())
	wantNoError(t, err)
	s.wantState("done", 1)
}

func TestUp_runsInitialSQLOfAClusterThatStartsEmptyAgain(t *testing.T) {
	s := newScripted(t)
	_, err := s.up(withSQL())
	wantNoError(t, err)
	_, err = s.down(Unasked)
	wantNoError(t, err)
	_, err = s.up(withSQL())
	wantNoError(t, err)
	s.wantState("done", 1)
	var losing []string
	_, err = s.up(withSQL(), fresh(nil, &losing))
	wantNoError(t, err)
	s.wantState("done", 2)
	_, err = s.up(fresh(nil, &losing))
	wantNoError(t, err)
	s.wantState("", 2)
}

// Wherever a run ends, the same command again ends with the SQL run to its
// end: cut after every fifth request, and around the SQL after every one.
func TestUp_withInitialSQLGoesOnFromWhereverItEnded(t *testing.T) {
	t.Parallel()
	const enough = 1000
	whole := newScripted(t)
	whole.cutAfter(enough)
	_, err := whole.up(withSQL())
	wantNoError(t, err)
	all := enough - whole.left
	for requests := range all {
		if requests%5 != 0 && requests < all-12 {
			continue
		}
		s := newScripted(t)
		s.cutAfter(requests)
		_, err := s.up(withSQL())
		if err == nil && !s.cutOff() {
			t.Fatalf("not cut after %d of %d requests", requests, all)
		}
		s.cutAfter(-1)
		before := len(s.ran)
		_, again := s.up(withSQL())
		wantNoError(t, again)
		s.wantState("done", max(1, len(s.ran)))
		if s.inits != 1 || len(s.ran) > 2 || (err == nil && len(s.ran) != before) {
			t.Errorf("cut after %d requests: %d inits, SQL run %d times, %d of them before", requests, s.inits, len(s.ran), before)
		}
	}
}

func TestWish_asksForInitialSQLOnlyBeforeTheInit(t *testing.T) {
	wish := Wish{InitSQL: new(secret)}
	for _, test := range []struct {
		id        string
		was, want cockroach.InitSQL
	}{
		{"", cockroach.InitSQLNone, cockroach.InitSQLPending},
		{"", cockroach.InitSQLPending, cockroach.InitSQLPending},
		{clusterA, cockroach.InitSQLNone, cockroach.InitSQLNone},
		{clusterA, cockroach.InitSQLPending, cockroach.InitSQLPending},
		{clusterA, cockroach.InitSQLDone, cockroach.InitSQLDone},
	} {
		got := wish.onto(sample(func(c *cockroach.Cluster) { c.ClusterID, c.InitSQL = test.id, test.was })).InitSQL
		if got != test.want {
			t.Errorf("cluster %q, %q: %q, want %q", test.id, test.was, got, test.want)
		}
	}
}
