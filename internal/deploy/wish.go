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
}

// change decides what an existing cluster becomes. What a plain apply cannot
// do safely is refused: it would lose data or restart pods without a gate.
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
		if err := keepStorage(was, will); err != nil {
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
	case will.Nodes < was.Nodes:
		return was, &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: has %d nodes, and going down to %d would lose what only the others hold: they must be decommissioned first", was.Name, was.Nodes, will.Nodes),
			Next:    "this version of crdb-kube cannot shrink a cluster; leave --nodes out to keep it as it is",
		}
	case will.Image != was.Image:
		return was, &Error{
			Kind:    Refused,
			Message: fmt.Sprintf("%s: runs %s, and another image under its data is an upgrade that must go node by node", was.Name, was.Image),
			Next:    "this version of crdb-kube cannot upgrade a cluster; leave --image out to keep it as it is",
		}
	case now.running && will.Patch != was.Patch && !samePods(was, will):
		return was, &Error{
			Kind:    Refused,
			Message: was.Name + ": another --patch of the pods would restart all of them at once in a running database",
			Next:    "crdb-kube down, then crdb-kube up with the new patch: the data stays",
		}
	case now.running && (will.CPU.Cmp(was.CPU) != 0 || will.Memory.Cmp(was.Memory) != 0):
		return was, &Error{
			Kind:    Refused,
			Message: was.Name + ": another --cpu or --memory would restart all pods of a running database at once",
			Next:    "crdb-kube down, then crdb-kube up with the new size: the data stays",
		}
	}
	return will, nil
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

// samePods says whether a change of the patch leaves the pods as they are. The
// new patch is known to fit; of an old one that does not, nobody knows what it
// did to the pods.
func samePods(was, will cockroach.Cluster) bool {
	was.Nodes, was.CPU, was.Memory = will.Nodes, will.CPU, will.Memory // judged by themselves
	same, err := was.SamePods(will)
	return err == nil && same
}

// whyNotOne says why one node and several are different things.
func whyNotOne(was int) string {
	if was == 1 {
		return "it keeps one copy of everything, and would go on doing so"
	}
	return "one node alone has no quorum of what several replicate"
}

func keepStorage(was, will cockroach.Cluster) error {
	var what string
	switch {
	case will.Storage.Cmp(was.Storage) != 0:
		what = fmt.Sprintf("its claims have %s, not %s", was.Storage.String(), will.Storage.String())
	case will.StorageClass != was.StorageClass:
		what = fmt.Sprintf("its claims are %s, not %s", describeClass(was.StorageClass), describeClass(will.StorageClass))
	case will.HostPath != was.HostPath:
		what = fmt.Sprintf("its volumes lie under %s, not %s", orNone(was.HostPath), orNone(will.HostPath))
	default:
		return nil
	}
	return &Error{
		Kind:    Refused,
		Message: was.Name + ": " + what + ", and existing claims cannot be changed in place",
		Next:    "leave the flag out to keep the data; crdb-kube up --fresh deletes it and starts empty",
	}
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
