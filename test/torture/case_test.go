package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// settled is how long controllers may take to finish what a command began.
const settled = time.Minute

// verb is one command that is tortured.
type verb struct {
	name    string
	args    []string
	setup   [][]string // the commands before it
	rows    bool       // there are rows before, and they stay
	after   []string   // what has to be run to see them
	lives   bool       // the database serves all the time
	deletes bool       // nothing is left
	leave   int        // so many CockroachDB nodes leave
}

// place is one namespace in which one case happens.
type place struct {
	arena   *arena
	direct  program
	oracle  *oracle
	files   string // a prefix for files of its own
	cluster string // its ID before the verb
	forget  bool   // the earlier templates of the pods
}

var places atomic.Int64

// up is a command line of up, small.
func up(nodes int, more ...string) []string {
	return append([]string{"up", "--image", image, "--nodes", strconv.Itoa(nodes), "--cpu", "100m", "--memory", "1Gi", "--storage", "1Gi"}, more...)
}

// up0 is the name of up on nothing.
const up0 = "up"

// verbs are those that are tortured, each on a cluster of three.
func verbs() []verb {
	const nodes = 3
	cluster, ownVolumes := [][]string{up(nodes)}, up(nodes, "--host-path", hostPath)
	return []verb{
		{name: up0, args: up(nodes)},
		{name: "up changed", args: []string{"up", "--nodes", strconv.Itoa(nodes + 1), "--spare-volumes", "1"}, setup: cluster, rows: true, lives: true},
		{name: "up --fresh", args: []string{"up", "--fresh", "--yes"}, setup: cluster},
		{name: "down", args: []string{"down"}, setup: cluster, rows: true, after: []string{"up"}},
		{name: "scale up", args: []string{"scale", strconv.Itoa(nodes + 1)}, setup: cluster, rows: true, lives: true},
		{name: "scale down", args: []string{"scale", strconv.Itoa(nodes)}, setup: [][]string{up(nodes + 1)}, rows: true, lives: true, leave: 1},
		{name: "restart a pod", args: []string{"restart", "cockroachdb-1"}, setup: cluster, rows: true, lives: true},
		{name: "upgrade", args: []string{"upgrade", laterRelease}, setup: cluster, rows: true, lives: true},
		{name: "down --delete-data", args: []string{"down", "--delete-data", "--yes"}, setup: cluster, deletes: true},
		{name: "up, own volumes", args: ownVolumes},
		{name: "up --fresh, own volumes", args: []string{"up", "--fresh", "--yes"}, setup: [][]string{ownVolumes}},
		{name: "down --delete-data, own volumes", args: []string{"down", "--delete-data", "--yes"}, setup: [][]string{ownVolumes}, deletes: true},
	}
}

// verbs are those that this run disturbs: a short one leaves out those that
// look at the data twice, 12 s apart, between any two pods.
func (a *arena) verbs() []verb {
	return slices.DeleteFunc(verbs(), func(v verb) bool { return !a.long && v.lives })
}

// hostPath is where volumes of crdb-kube's own lie on the machines; {namespace}
// keeps the cases apart.
const hostPath = "/var/lib/torture/{namespace}"

// enter makes a namespace with what the verb finds there.
func (a *arena) enter(ctx context.Context, v verb) (*place, error) {
	return a.enterKeeping(ctx, v, -1, nil)
}

// enterKeeping does so, and keeps what one of the commands of the setup reads.
func (a *arena) enterKeeping(ctx context.Context, v verb, which int, keeps *archive) (*place, error) {
	name := fmt.Sprintf("torture-%d", places.Add(1))
	if err := a.namespace(ctx, name); err != nil {
		return nil, err
	}
	direct := program{binary: a.program, kubeconfig: a.kubeconfig, namespace: name}
	p := &place{arena: a, direct: direct, oracle: &oracle{program: direct}, files: filepath.Join(a.dir, name)}
	if err := p.settle(ctx, v, which, keeps); err != nil {
		p.leave(ctx)
		return nil, err
	}
	return p, nil
}

// namespace makes one.
func (a *arena) namespace(ctx context.Context, name string) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	_, err := a.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
	return err
}

// settle runs what comes before the verb.
func (p *place) settle(ctx context.Context, v verb, which int, keeps *archive) error {
	before := p.before()
	for i, args := range v.setup {
		var c *call
		if i == which {
			var err error
			if c, err = p.kept(ctx, keeps, args...); err != nil {
				return err
			}
		} else {
			c = before.run(ctx, args...)
		}
		if c.code() != 0 {
			return fmt.Errorf("the setup failed:\n%s", c)
		}
	}
	if v.setup == nil {
		return nil
	}
	if err := p.oracle.open(ctx, 5); err != nil {
		return err
	}
	var err error
	p.cluster, err = p.clusterID(ctx)
	return err
}

// before is the program for what comes before the verb.
func (p *place) before() program {
	sound := p.direct
	sound.binary = p.arena.sound
	return sound
}

// leave removes the namespace and its volumes, without waiting: it all goes
// with the arena.
func (p *place) leave(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	core := p.arena.client.CoreV1()
	_ = core.Namespaces().Delete(ctx, p.direct.namespace, metav1.DeleteOptions{})
	p.endPods(ctx)
	_ = core.PersistentVolumes().DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "crdb-kube.github.io/namespace=" + p.direct.namespace})
}

// proxied is the program behind a proxy, with a call of it that has not begun.
func (p *place) proxied(ctx context.Context, decide hook, args ...string) (*call, *proxy, error) {
	behind := p.direct
	behind.kubeconfig = fmt.Sprintf("%s-%d.kubeconfig", p.files, places.Add(1))
	c := behind.prepare(ctx, args...)
	stand, err := newProxy(p.arena.cfg, decide, c.kill)
	if err != nil {
		return nil, nil, err
	}
	return c, stand, stand.kubeconfig(behind.kubeconfig)
}

// kept runs a command and keeps what it reads.
func (p *place) kept(ctx context.Context, keeps *archive, args ...string) (*call, error) {
	c, stand, err := p.proxied(ctx, always(pass), args...)
	if err != nil {
		return nil, err
	}
	defer stand.close()
	stand.keeps = keeps
	return c.start().wait(), nil
}

// clusterID is what the database says it is.
func (p *place) clusterID(ctx context.Context) (string, error) {
	c := p.direct.run(ctx, "sql", "-e", "SELECT crdb_internal.cluster_id()", "--", "--format=csv")
	lines := strings.Fields(c.stdout.String())
	if c.code() != 0 || len(lines) != 2 {
		return "", fmt.Errorf("no cluster ID:\n%s", c)
	}
	return lines[1], nil
}

// comesTo waits until the state is the wanted one, and says what differs.
func (p *place) comesTo(ctx context.Context, want state) []string {
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	again := time.NewTicker(300 * time.Millisecond)
	defer again.Stop()
	var differences []string
	for {
		got, err := p.look(ctx)
		switch {
		case err == nil:
			if differences = got.differences(want); len(differences) == 0 {
				return nil
			}
		case differences == nil:
			differences = []string{err.Error()}
		}
		select {
		case <-ctx.Done():
			return differences
		case <-again.C:
		}
	}
}

// rests is the state when nothing changes any more.
func (p *place) rests(ctx context.Context) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, settled)
	defer cancel()
	again := time.NewTicker(time.Second)
	defer again.Stop()
	var before state
	for same := 0; same < 3; {
		now, err := p.look(ctx)
		if err != nil {
			return nil, err
		}
		if len(now.differences(before)) == 0 {
			same++
		} else {
			same = 0
		}
		before = now
		<-again.C
	}
	return before, nil
}

// endPods ends all pods at once: without a quorum the last ones would drain for
// their whole grace period, which is minutes.
func (p *place) endPods(ctx context.Context) {
	grace := int64(1)
	_ = p.arena.client.CoreV1().Pods(p.direct.namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &grace}, metav1.ListOptions{})
}

// look is the state of the case, with the directories of its volumes.
func (p *place) look(ctx context.Context) (state, error) {
	now, err := look(ctx, p.arena.cfg, p.direct.namespace)
	if err != nil {
		return nil, err
	}
	// A folder for each incarnation, in it one for each volume; that of an
	// incarnation may stay, empty.
	below := strings.ReplaceAll(hostPath, "{namespace}", p.direct.namespace)
	found, err := filepath.Glob(filepath.Join(p.arena.dir, "cluster", "machines", "*", "root", below, "*", "*"))
	for _, dir := range found {
		now["Directory/"+filepath.Base(dir)+" is"] = "there"
	}
	if p.forget {
		now = now.withoutHistory()
	}
	return now, err
}

// peace is how a verb ends when nobody disturbs it.
type peace struct {
	verb
	want     state
	requests int
}

// undisturbed runs the verb in peace.
func (a *arena) undisturbed(ctx context.Context, v verb) (peace, error) {
	p, err := a.enter(ctx, v)
	if err != nil {
		return peace{}, err
	}
	defer p.leave(ctx)
	c, stand, err := p.proxied(ctx, always(pass), v.args...)
	if err != nil {
		return peace{}, err
	}
	defer stand.close()
	if c.start().wait().code() != 0 {
		return peace{}, fmt.Errorf("failed when nobody disturbed it:\n%s", c)
	}
	want, err := p.rests(ctx)
	return peace{verb: v, want: want, requests: stand.counted()}, err
}

// holds says what is wrong after the verb has ended well: the state, the
// cluster's identity, the rows.
func (p *place) holds(ctx context.Context, v peace) []string {
	p.oracle.end()
	wrong := p.comesTo(ctx, v.want)
	if v.after != nil {
		if c := p.direct.run(ctx, v.after...); c.code() != 0 {
			return append(wrong, c.String())
		}
	}
	if v.deletes {
		return wrong
	}
	id, err := p.clusterID(ctx)
	switch {
	case err != nil:
		return append(wrong, err.Error())
	case v.rows && id != p.cluster:
		wrong = append(wrong, fmt.Sprintf("cluster %s, was %s: initialised again", id, p.cluster))
	case !v.rows && id == p.cluster:
		wrong = append(wrong, "still the cluster of before")
	}
	wrong = append(wrong, p.oneCluster(ctx, id, v.leave)...)
	if !v.rows {
		return wrong
	}
	lost, err := p.oracle.lost(ctx)
	if err != nil {
		return append(wrong, err.Error())
	}
	p.arena.report.rows(p.oracle.rows(), len(lost))
	if len(lost) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d acknowledged rows are lost: %v", len(lost), lost))
	}
	return slices.Clip(wrong)
}

// oneCluster wants every pod in one and the same cluster that was initialised
// once: its CockroachDB nodes are numbered from 1 without a gap, unless some of
// them left.
func (p *place) oneCluster(ctx context.Context, id string, left int) []string {
	c := p.direct.run(ctx, "status", "-o", "json")
	var status struct {
		ClusterID string
		LiveNodes int
		Pods      []struct {
			Name   string
			NodeID int
		}
	}
	if err := json.Unmarshal(c.stdout.Bytes(), &status); err != nil {
		return []string{err.Error() + "\n" + c.String()}
	}
	var wrong []string
	if status.ClusterID != id || status.LiveNodes != len(status.Pods) {
		wrong = append(wrong, fmt.Sprintf("status: cluster %s with %d live nodes, want %s with %d", status.ClusterID, status.LiveNodes, id, len(status.Pods)))
	}
	seen := map[int]bool{}
	for _, pod := range status.Pods {
		if pod.NodeID < 1 || pod.NodeID > len(status.Pods)+left || seen[pod.NodeID] {
			wrong = append(wrong, fmt.Sprintf("%s is node ID %d of %d", pod.Name, pod.NodeID, len(status.Pods)))
		}
		seen[pod.NodeID] = true
	}
	return wrong
}
