package deploy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Outcome is what one check came to.
type Outcome string

// Outcomes of checks.
const (
	// Passed: nothing of it stands in the way.
	Passed Outcome = "ok"
	// Warning: up works, but somebody should know this.
	Warning Outcome = "warning"
	// Failing: up would fail, or be refused.
	Failing Outcome = "failed"
	// Skipped: it could not be looked at, or there is nothing to look at.
	Skipped Outcome = "skipped"
)

// Checked is one thing that doctor has looked at.
type Checked struct {
	// ID is stable: lower case, with dashes.
	ID      string
	Outcome Outcome
	// Text says in one line what was found.
	Text string
	// Evidence are further lines, the most telling first.
	Evidence []string
	// Next is what to do; empty: nothing.
	Next string
}

// Checkup is all that doctor has found.
type Checkup struct {
	Context string
	Target  Target
	Checks  []Checked
	Seen    time.Time
}

// Failed says that up would not work.
func (c Checkup) Failed() bool {
	for _, check := range c.Checks {
		if check.Outcome == Failing {
			return true
		}
	}
	return false
}

// doctor looks at what `up` needs. It is an up that decides everything, and
// goes on where that would end.
type doctor struct {
	up
	checks []Checked
	pods   []corev1.Pod
	quotas []corev1.ResourceQuota
	limits []corev1.LimitRange
	holder *kube.Holder
	// unseen is why something could not be looked at, by the ID of its check.
	unseen map[string]error
}

// CheckUp looks at whether `up` would work with these options, and makes
// nothing. Its error is the end of ctx alone: what goes wrong is a check.
func CheckUp(ctx context.Context, client *kube.Client, target Target, opts UpOptions) (Checkup, error) {
	opts.Incarnation = ""
	d := &doctor{up: *newUp(client, target, opts, func(progress.Event) {}), unseen: map[string]error{}}
	d.purpose = printing
	result := Checkup{Context: opts.Context, Target: target}
	if d.server(ctx) {
		d.add(d.clock())
		there := d.place(ctx)
		d.permissions(ctx)
		d.look(ctx, there)
		class := d.class()
		d.add(class)
		d.decided(ctx, there, class)
	}
	result.Checks, result.Seen = d.checks, opts.Now().Add(client.Ahead())
	return result, ctx.Err()
}

func (d *doctor) add(check Checked) { d.checks = append(d.checks, check) }

// failed is a check of which an error is the result.
func failed(id string, err error) Checked {
	check := Checked{ID: id, Outcome: Failing, Text: firstLine(err)}
	if own, ok := errors.AsType[*Error](err); ok {
		check.Evidence, check.Next = own.Seen, own.Next
	}
	return check
}

// server asks for its version, the first thing that shows whether it can be
// reached at all.
func (d *doctor) server(ctx context.Context) bool {
	info, err := d.client.ServerVersion(ctx)
	if err == nil {
		err = recentEnough(info)
	}
	if err != nil {
		check := failed("server", err)
		if check.Next == "" {
			check.Next = "start the cluster, or choose another with --context"
		}
		d.add(check)
		return false
	}
	d.up.server = info.GitVersion
	d.add(Checked{ID: "server", Outcome: Passed, Text: "Kubernetes " + info.GitVersion})
	return true
}

// Differences of clocks from which on something is to be said: certificates
// are issued an hour back, and a lock lasts 15 s.
const (
	clockWarns = 5 * time.Second
	clockFails = time.Hour
)

func (d *doctor) clock() Checked {
	ahead := d.client.Ahead()
	check := Checked{ID: "clock", Outcome: Passed, Text: "agrees with this machine's"}
	if distance := max(ahead, -ahead); distance >= clockWarns {
		check.Outcome = Warning
		check.Text = fmt.Sprintf("the server's clock is %s %s this machine's", progress.Age(distance), map[bool]string{true: "ahead of", false: "behind"}[ahead > 0])
		check.Next = "synchronise both; crdb-kube goes by the server's"
		if distance >= clockFails {
			check.Evidence = []string{"certificates of the kubeconfig may count as ended, or as not yet good"}
		}
	}
	return check
}

// place looks at the namespace, and says whether it is there.
func (d *doctor) place(ctx context.Context) bool {
	name := d.target.Namespace
	namespace, err := d.client.Namespace(ctx, name)
	switch {
	case kube.IsForbidden(err):
		d.add(Checked{ID: "namespace", Outcome: Skipped, Text: name + ": you may not look at namespaces"})
		return true
	case err != nil:
		d.add(failed("namespace", err))
		return false
	case namespace == nil && d.opts.Namespace == CreateNamespace:
		d.add(Checked{ID: "namespace", Outcome: Passed, Text: name + ": up makes it"})
	case namespace == nil:
		d.add(Checked{ID: "namespace", Outcome: Failing, Text: name + ": not found", Next: "add --create-namespace, or choose another with --namespace"})
	case namespace.DeletionTimestamp != nil:
		d.add(failed("namespace", goingNamespace(name)))
	default:
		d.add(Checked{ID: "namespace", Outcome: Passed, Text: name})
		d.add(podSecurity(namespace))
	}
	d.namespace, d.homeless = namespace, namespace == nil
	return namespace != nil
}

// podSecurity says which level the namespace enforces. The pods keep the
// strictest one, those that make volumes of our own included.
func podSecurity(namespace *corev1.Namespace) Checked {
	level := namespace.Labels["pod-security.kubernetes.io/enforce"]
	if level == "" {
		level = "none"
	}
	return Checked{ID: "pod-security", Outcome: Passed, Text: "enforced: " + level + "; all pods keep restricted"}
}

// look reads the rest side by side. What may not be read is done without.
func (d *doctor) look(ctx context.Context, there bool) {
	var group sync.WaitGroup
	var mu sync.Mutex
	read := func(id string, ask func() error) {
		group.Go(func() {
			if err := ask(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				d.unseen[id] = err
			}
		})
	}
	read("room", func() (err error) { d.nodes, err = d.client.Nodes(ctx); return err })
	read("used", func() (err error) { d.pods, err = d.client.NodePods(ctx); return err })
	read("storage-class", func() error { d.classes, d.notListed = d.client.Classes(ctx); return d.notListed })
	if there {
		read("left-overs", func() (err error) { d.seen, err = look(ctx, d.client, d.target); return err })
		read("quota", func() (err error) { d.quotas, err = d.client.Quotas(ctx, d.target.Namespace); return err })
		read("limit-range", func() (err error) { d.limits, err = d.client.LimitRanges(ctx, d.target.Namespace); return err })
		read("lock", func() (err error) {
			d.holder, err = d.client.LockHolder(ctx, d.target.Namespace, names(d.target).LockName())
			return err
		})
	}
	group.Wait()
}

// decided lets `up` decide, and looks at the rest with what that comes to.
func (d *doctor) decided(ctx context.Context, there bool, class Checked) {
	d.add(d.architecture())
	first := ""
	if there {
		err := d.unseen["left-overs"]
		if err == nil {
			err = d.obstacles(ctx)
		}
		if err != nil {
			first = "left-overs"
		}
		d.add(d.leftOvers(err))
		d.add(d.lock())
	}
	if class.Outcome == Failing {
		first = class.ID
	}
	if first != "" {
		for _, id := range []string{"room", "quota", "limit-range", "licence"} {
			d.add(Checked{ID: id, Outcome: Skipped, Text: "not decided yet: see " + first})
		}
		return
	}
	err := d.decide(ctx)
	d.add(d.room(err))
	if err != nil {
		return
	}
	if there {
		d.add(d.quota())
		d.add(d.limitRange())
	}
	d.add(d.licence())
}

func (d *doctor) leftOvers(err error) Checked {
	const id = "left-overs"
	switch {
	case kube.IsForbidden(err):
		return Checked{ID: id, Outcome: Skipped, Text: firstLine(err)}
	case err != nil:
		return failed(id, err)
	case d.seen.record != nil:
		return Checked{ID: id, Outcome: Passed, Text: "the cluster exists, and is used as it is"}
	}
	return Checked{ID: id, Outcome: Passed, Text: "nothing under these names"}
}

func (d *doctor) lock() Checked {
	check := Checked{ID: "lock", Outcome: Passed, Text: "free"}
	switch err := d.unseen["lock"]; {
	case err != nil:
		return Checked{ID: "lock", Outcome: Skipped, Text: firstLine(err)}
	case d.holder != nil:
		check.Outcome, check.Text = Warning, "held by "+d.holder.String()
		check.Next = "wait until it ends, or let up wait with --wait-lock 5m"
	}
	return check
}

func (d *doctor) licence() Checked {
	from, applies := d.cluster.ThrottledFrom(d.opts.Now())
	if !applies || d.cluster.ClusterID != "" {
		return Checked{ID: "licence", Outcome: Passed, Text: "none is needed now; crdb-kube status watches it"}
	}
	return Checked{
		ID: "licence", Outcome: Warning,
		Text: "without one at most 5 transactions at once from " + from.UTC().Format(time.DateOnly) + " on",
		Next: "--nodes 1 is exempt; else get a licence in time",
	}
}

// sizeWords are what each pod asks for.
func sizeWords(c cockroach.Cluster) string {
	return fmt.Sprintf("%s of %s CPU and %s each", progress.Count(c.Nodes, "pod"), c.CPU.String(), c.Memory.String())
}
