package deploy

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// LogOptions say which lines of which pods are wanted.
type LogOptions struct {
	// Pods by name; none: all of the cluster.
	Pods []string
	// Since leaves out what is older; 0: nothing. Tail leaves out all but the
	// last lines of each pod; below 0: none.
	Since time.Duration
	Tail  int64
	// Follow goes on, through restarts, until ctx ends.
	Follow bool
	// Previous are the logs of the containers that ran before.
	Previous bool
	// Write takes a line of a pod, which is good until it returns. It is never
	// called twice at once.
	Write func(pod string, line []byte) error
	// Note hears what there is to say beside them.
	Note func(text string)
	Now  func() time.Time
}

// Logs gives the logs of the database's containers: what there is in order of
// time, or with Follow as it comes.
func (a Access) Logs(ctx context.Context, opts LogOptions) error {
	if err := mayDo(ctx, a.client, a.target.Namespace, logPermissions(), nil); err != nil {
		return err
	}
	for _, pod := range opts.Pods {
		if !a.Cluster.HasPod(pod) {
			return &Error{Message: "pod " + pod + ": is none of cluster " + a.target.Name, Next: "without a name all pods are shown; crdb-kube status lists them"}
		}
	}
	if opts.Follow {
		return a.follow(ctx, opts)
	}
	pods, err := a.logged(ctx, opts)
	if err != nil {
		return err
	}
	var open []*pouring
	defer func() {
		for _, one := range open {
			one.stream.Close()
		}
	}()
	for _, pod := range pods {
		stream, err := a.client.Logs(ctx, opts.query(a, pod))
		switch {
		case errors.Is(err, kube.ErrNoLog):
			opts.Note(noLog(pod, opts.Previous))
			continue
		case err != nil:
			return err
		}
		open = append(open, &pouring{pod: pod, stream: stream})
	}
	if len(open) == 0 {
		return &Error{Message: "none of its pods has such a log", Next: "crdb-kube status shows how they do"}
	}
	return merge(open, opts.Write)
}

// logged are the pods that there are, of those that are wanted.
func (a Access) logged(ctx context.Context, opts LogOptions) ([]string, error) {
	all, err := Pods(ctx, a.client, a.target)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, a.stopped()
	}
	if len(opts.Pods) == 0 {
		return all, nil
	}
	var there []string
	for _, pod := range opts.Pods {
		if slices.Contains(all, pod) {
			there = append(there, pod)
		} else {
			opts.Note(pod + ": is not there at the moment")
		}
	}
	return there, nil
}

// query is for one pod.
func (o LogOptions) query(a Access, pod string) kube.LogQuery {
	q := kube.LogQuery{Namespace: a.target.Namespace, Pod: pod, Container: cockroach.Container, Tail: o.Tail, Follow: o.Follow, Previous: o.Previous}
	if o.Since > 0 {
		q.Since = o.Now().Add(-o.Since)
	}
	return q
}

func noLog(pod string, previous bool) string {
	if previous {
		return pod + ": its container was not started before"
	}
	return pod + ": its container has not been started yet"
}

// pouring is a log of which the next line is known.
type pouring struct {
	pod    string
	stream *kube.LogStream
	next   kube.LogLine
	last   time.Time
}

// advance reads the next line. A line without a time is a part of the one
// before it.
func (p *pouring) advance() (ended bool, err error) {
	p.next, err = p.stream.Next()
	switch {
	case errors.Is(err, io.EOF):
		return true, nil
	case err != nil:
		return true, err
	}
	if p.next.Time.IsZero() {
		p.next.Time = p.last
	}
	p.last = p.next.Time
	return false, nil
}

// merge writes the lines of several logs in order of time. It keeps one line of
// each, however long they are.
func merge(open []*pouring, write func(pod string, line []byte) error) error {
	open = slices.Clone(open) // the caller closes them all
	step := func(p *pouring) error {
		ended, err := p.advance()
		if ended {
			open = slices.DeleteFunc(open, func(other *pouring) bool { return other == p })
		}
		return err
	}
	for _, p := range slices.Clone(open) {
		if err := step(p); err != nil {
			return err
		}
	}
	for len(open) > 0 {
		first := slices.MinFunc(open, func(a, b *pouring) int { return a.next.Time.Compare(b.next.Time) })
		if err := write(first.pod, first.next.Text); err != nil {
			return err
		}
		if err := step(first); err != nil {
			return err
		}
	}
	return nil
}

// logPermissions are what it needs.
func logPermissions() []kube.Permission {
	return concat(in("", "pods", "", "get", "list", "watch"), in("", "pods", "log", "get"))
}
