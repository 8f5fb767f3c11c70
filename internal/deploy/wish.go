package deploy

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Target names one cluster: its namespace and its name there.
type Target struct{ Namespace, Name string }

// Wish is what the user named in this command. A nil field was not named and
// means "as it is"; only a cluster that does not exist yet gets defaults.
type Wish struct {
	Nodes        *int
	Image        *string
	CPU          *resource.Quantity
	Memory       *resource.Quantity
	Storage      *resource.Quantity
	StorageClass *string
	HostPath     *string
	SpareVolumes *int
	Security     *cockroach.Security
	// CertsSecret is the user's own Secret with certificates; empty: ours.
	CertsSecret *string
	// AppUser is the SQL user for the application; empty: none.
	AppUser *string
	// Patch is YAML that is merged over the objects; empty: no longer any.
	Patch *string
	// InitSQL are statements that run once, after the cluster is initialised;
	// cockroach.CompleteSQL made them fit. They are kept nowhere and never said.
	InitSQL *string
}

// onto lays the named values over a cluster.
func (w Wish) onto(c cockroach.Cluster) cockroach.Cluster {
	set(&c.Nodes, w.Nodes)
	set(&c.Image, w.Image)
	set(&c.CPU, w.CPU)
	set(&c.Memory, w.Memory)
	set(&c.Storage, w.Storage)
	set(&c.StorageClass, w.StorageClass)
	set(&c.HostPath, w.HostPath)
	set(&c.SpareVolumes, w.SpareVolumes)
	set(&c.Security, w.Security)
	set(&c.CertsSecret, w.CertsSecret)
	set(&c.AppUser, w.AppUser)
	set(&c.Patch, w.Patch)
	if w.InitSQL != nil && c.ClusterID == "" && c.InitSQL == cockroach.InitSQLNone {
		c.InitSQL = cockroach.InitSQLPending
	}
	return c
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// situation is what decides whether a change can be made just so.
type situation struct {
	// initialised: the claims hold a database.
	initialised bool
	// claimed: claims exist, so their size and class are settled.
	claimed bool
	// running: pods exist.
	running bool
	// expandable: the class of the claims lets them be made larger.
	expandable bool
}

// change decides what an existing cluster becomes. What cannot be done safely
// is refused; what a plain apply cannot do, plot finds.
func change(was cockroach.Cluster, w Wish, now situation) (cockroach.Cluster, error) {
	will := w.onto(was)
	if w.Patch == nil {
		if err := recordedPatch(will); err != nil {
			return was, err
		}
	}
	if now.initialised || now.running {
		if err := keepSecurity(was, will, now); err != nil {
			return was, err
		}
	}
	if now.claimed {
		if err := keepStorage(was, will, now); err != nil {
			return was, err
		}
	}
	if !now.initialised {
		return will, nil
	}
	switch {
	case (was.Nodes == 1) != (will.Nodes == 1):
		return was, &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: %s cannot become %d: %s", was.Name, progress.Count(was.Nodes, "node"), will.Nodes, whyNotOne(was.Nodes)),
			Next:    fmt.Sprintf("crdb-kube up --name %s-2 --nodes %d makes a second cluster; move the data with BACKUP and RESTORE", was.Name, will.Nodes),
		}
	case will.Nodes < was.Nodes && !now.running && will.Nodes != was.ScalingTo:
		return was, &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: is stopped with %d nodes, and %d of them must be decommissioned first, which needs all of them", was.Name, was.Nodes, was.Nodes-will.Nodes),
			Next:    fmt.Sprintf("crdb-kube up, then crdb-kube scale %d", will.Nodes),
		}
	case will.Image != was.Image && !now.running:
		if err := restedUpgrade(was, will); err != nil {
			return was, err
		}
	}
	return will, nil
}

// restedUpgrade refuses another image for a cluster that is stopped, unless it
// stays within a series: all pods would start with it at once, and what goes
// further has to be held back before.
func restedUpgrade(was, will cockroach.Cluster) error {
	from, known := cockroach.VersionOf(was.Image)
	to, told := cockroach.VersionOf(will.Image)
	if known && told && from.Series() == to.Series() && !to.Before(from) {
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: fmt.Sprintf("%s: is stopped, and going from %s to %s takes the upgrade of a running database, pod by pod", was.Name, versionWord(was.Image), versionWord(will.Image)),
		Next:    "crdb-kube up, then the same command again",
	}
}

// course is what a command does to a database that runs which takes more than
// applying objects: the database has to agree to every step.
type course struct {
	// stay is how many nodes stay while the others are decommissioned; 0: all.
	stay int
	// grows: CockroachDB nodes are to join.
	grows bool
	// rolls: the pods get their template one by one, as far as they have another.
	rolls bool
	// upgrades: that template has another image.
	upgrades bool
}

// plot says what leads from one state of a running cluster to another. was is
// what the record says, will what change made of it.
func plot(was, will cockroach.Cluster, w Wish) (course, error) {
	var c course
	stay := will.Nodes
	if w.Nodes == nil && was.ScalingTo > 0 {
		stay = was.ScalingTo // what was begun is finished
	}
	if stay < was.Nodes {
		c.stay = stay
	}
	c.grows = will.Nodes > was.Nodes
	c.upgrades = will.Image != was.Image
	c.rolls = w.Image != nil || w.CPU != nil || w.Memory != nil || w.Patch != nil
	if c.stay > 0 && (c.upgrades || will.CPU.Cmp(was.CPU) != 0 || will.Memory.Cmp(was.Memory) != 0 || will.Patch != was.Patch) {
		return c, &Error{
			Kind:    Refused,
			Message: was.Name + ": fewer nodes, and other pods at the same time, are two things",
			Next:    fmt.Sprintf("crdb-kube scale %d, then the same command again", stay),
		}
	}
	return c, nil
}

// recordedPatch refuses a patch that an earlier command recorded and that
// does not fit any more: this program may protect more than that one did.
func recordedPatch(c cockroach.Cluster) error {
	for _, fault := range cockroach.Faults(c.Validate()) {
		if fault.Field == "patch" {
			return &Error{
				Message: fmt.Sprintf("configmap/%s: its recorded patch does not fit: %s", c.SettingsName(), fault.Reason),
				Next:    `crdb-kube up --patch FILE with one that fits, or --patch "" to go on without`,
			}
		}
	}
	return nil
}

// whyNotOne says why one node and several are different things.
func whyNotOne(was int) string {
	if was == 1 {
		return "it keeps one copy of everything, and would go on doing so"
	}
	return "one node alone has no quorum of what several replicate"
}

func keepStorage(was, will cockroach.Cluster, now situation) error {
	var what string
	next := "leave the flag out to keep the data; crdb-kube up --fresh deletes it and starts empty"
	switch size := will.Storage.Cmp(was.Storage); {
	case will.StorageClass != was.StorageClass:
		what = fmt.Sprintf("its claims are %s, not %s, and cannot be changed in place", describeClass(was.StorageClass), describeClass(will.StorageClass))
	case will.HostPath != was.HostPath:
		what = fmt.Sprintf("its volumes lie under %s, not %s, and cannot be changed in place", orNone(was.HostPath), orNone(will.HostPath))
	case size == 0:
		return nil
	case size < 0:
		what = fmt.Sprintf("its claims have %s, not %s, and no volume becomes smaller", was.Storage.String(), will.Storage.String())
	case was.StorageClass == "":
		what = fmt.Sprintf("its claims have %s, not %s: volumes of our own are directories, which have no other limit than their disk", was.Storage.String(), will.Storage.String())
	case now.expandable:
		return nil
	default:
		what = fmt.Sprintf("its claims have %s, not %s, and their class %s does not let volumes grow", was.Storage.String(), will.Storage.String(), was.StorageClass)
		next = "kubectl patch storageclass " + was.StorageClass + ` -p '{"allowVolumeExpansion":true}', if what stands behind the class can do it`
	}
	return &Error{Kind: Refused, Message: was.Name + ": " + what, Next: next}
}

func describeClass(class string) string {
	if class == "" {
		return "volumes of our own"
	}
	return "of class " + class
}

func orNone(text string) string {
	if text == "" {
		return "no path of ours"
	}
	return text
}

// Check finds what is wrong with a name and a wish before anything is known
// of the world: the faults are those of cockroach.Cluster.Validate.
func Check(name string, w Wish) error {
	c := w.onto(cockroach.Cluster{
		Namespace:    "default",
		Name:         name,
		Nodes:        defaultNodes,
		Image:        cockroach.OldestImage, // whose limits are the widest: the cluster's own is not known yet
		CPU:          resource.MustParse("1"),
		Memory:       resource.MustParse("8Gi"),
		Storage:      defaultStorage(),
		StorageClass: "any",
		Incarnation:  "00000000",
		Security:     cockroach.TLS,
	})
	if w.HostPath != nil {
		c.StorageClass = ""
	}
	return c.Validate()
}
