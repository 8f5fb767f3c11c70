package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// mentionInitSQL says where initial SQL does not run although it was asked
// for, or was asked for once and never came to its end.
func (u *up) mentionInitSQL(c cockroach.Cluster) {
	given := u.opts.Wish.InitSQL != nil
	switch {
	case given && c.InitSQL == cockroach.InitSQLDone:
		u.remark("--init-sql: not run, for it ran when the cluster was made")
	case given && c.InitSQL == cockroach.InitSQLNone:
		u.remark("--init-sql: not run, for the cluster was made without it")
	case !given && c.InitSQL == cockroach.InitSQLPending:
		u.remark("the initial SQL of this cluster has not come to its end; crdb-kube up --init-sql FILE runs it")
	}
}

// initSQLStep is the step that runs the initial SQL, where there is any to
// run. The settings have said so since before the cluster was initialised, so
// that an interruption is remembered.
func (u *up) initSQLStep() []step {
	if u.opts.Wish.InitSQL == nil || u.cluster.InitSQL != cockroach.InitSQLPending {
		return nil
	}
	return []step{{"init-sql", u.runInitSQL}}
}

// runInitSQL runs all statements from the first and records that they ran to
// their end. A run that is interrupted is begun anew by the next.
func (u *up) runInitSQL(ctx context.Context) (ending, error) {
	pod, text := u.cluster.PodName(0), *u.opts.Wish.InitSQL
	u.r.waiting(0, 0, "running the initial SQL through %s", pod)
	errOut, code, err := u.script(ctx, pod, text)
	if err != nil {
		return ending{}, fmt.Errorf("init SQL through %s: %w", pod, err)
	}
	if code != 0 {
		return ending{}, &Error{
			Message: "init SQL: " + sqlWhy(text, errOut, code),
			Next:    "correct the file; the same command again runs all of it (the cluster is up and stays)",
		}
	}
	u.cluster.InitSQL = cockroach.InitSQLDone
	if err := u.saveSettings(ctx); err != nil {
		return ending{}, err
	}
	return done("all statements ran"), nil
}

// script runs statements in a pod. They go in on stdin, and what they answer
// is passed over: both may hold secrets.
func (u *up) script(ctx context.Context, pod, text string) (errOut string, code int, err error) {
	err = kube.Await(ctx, nil, func(ctx context.Context) (kube.Verdict, error) {
		var stderr bytes.Buffer
		var runErr error
		code, runErr = u.client.Exec(ctx, kube.Command{
			Namespace: u.target.Namespace, Pod: pod, Container: cockroach.Container,
			Args: u.cluster.ScriptCommand(), Stdin: strings.NewReader(text), Stdout: io.Discard, Stderr: &stderr,
		})
		errOut = stderr.String()
		if errors.Is(runErr, kube.ErrNotRunning) {
			return kube.Verdict{Why: pod + " to run", Again: 200 * time.Millisecond}, nil
		}
		return kube.Verdict{Done: runErr == nil, Why: pod + " to run the initial SQL"}, runErr
	})
	return errOut, code, err
}
