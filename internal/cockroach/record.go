package cockroach

import (
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/resource"
)

// recordVersion is raised when an older program would read a record wrongly.
// A new key alone does not raise it.
const recordVersion = "1"

// Keys of the record. They are the names of the flags where there is a flag.
const (
	keyVersion     = "version"
	keyNodes       = "nodes"
	keyImage       = "image"
	keyCPU         = "cpu"
	keyMemory      = "memory"
	keyStorage     = "storage"
	keyClass       = "storage-class"
	keyHostPath    = "host-path"
	keyIncarnation = "incarnation"
	keySpare       = "spare-volumes"
	keySecurity    = "security"
	keyCertsSecret = "certs-secret"
	keyAppUser     = "app-user"
	keyPatch       = "patch"
	keyInitSQL     = "init-sql"
	keyClusterID   = "cluster-id"
	keyServed      = "served-nodes"
	keyRestarted   = "restarted-at"
	keyPrevious    = "previous-image"
	keyScalingTo   = "scaling-to"
)

// Record is everything decided about the cluster as the data of a ConfigMap,
// in words that a person can read. What is empty is left out.
func (c Cluster) Record() map[string]string {
	data := map[string]string{
		keyVersion:     recordVersion,
		keyNodes:       strconv.Itoa(c.Nodes),
		keyImage:       c.Image,
		keyCPU:         c.CPU.String(),
		keyMemory:      c.Memory.String(),
		keyStorage:     c.Storage.String(),
		keyIncarnation: c.Incarnation,
		keySpare:       strconv.Itoa(c.SpareVolumes),
		keySecurity:    string(c.Security),
	}
	if c.Served > 0 {
		data[keyServed] = strconv.Itoa(c.Served)
	}
	if c.ScalingTo > 0 {
		data[keyScalingTo] = strconv.Itoa(c.ScalingTo)
	}
	for key, value := range map[string]string{
		keyClass: c.StorageClass, keyHostPath: c.HostPath, keyClusterID: c.ClusterID,
		keyPatch: c.Patch, keyInitSQL: string(c.InitSQL),
		keyCertsSecret: c.CertsSecret, keyAppUser: c.AppUser,
		keyRestarted: c.Restarted, keyPrevious: c.Previous,
	} {
		if value != "" {
			data[key] = value
		}
	}
	return data
}

// ParseRecord reads what Record wrote. Keys that it does not know it leaves
// alone: a newer program may have put them there. It refuses a record of a
// newer kind, and one that somebody has damaged; the incarnation and the path
// above all, since directories by these names are deleted one day. The patch
// it takes as it is: whether that still fits is for Validate to say, so that a
// cluster can be looked at and deleted whatever its patch says.
func ParseRecord(namespace, name string, data map[string]string) (Cluster, error) {
	if version := data[keyVersion]; version != recordVersion {
		return Cluster{}, fmt.Errorf("settings of %s: version %q is not one that this crdb-kube knows (%s)", name, version, recordVersion)
	}
	c := Cluster{
		Namespace: namespace, Name: name,
		Image:        data[keyImage],
		StorageClass: data[keyClass],
		HostPath:     data[keyHostPath],
		Incarnation:  data[keyIncarnation],
		Security:     Security(data[keySecurity]),
		CertsSecret:  data[keyCertsSecret],
		AppUser:      data[keyAppUser],
		ClusterID:    data[keyClusterID],
		Patch:        data[keyPatch],
		InitSQL:      InitSQL(data[keyInitSQL]),
		Restarted:    data[keyRestarted],
		Previous:     data[keyPrevious],
	}
	numbers := []struct {
		key   string
		field *int
	}{{keyNodes, &c.Nodes}, {keySpare, &c.SpareVolumes}, {keyServed, &c.Served}, {keyScalingTo, &c.ScalingTo}}
	for _, number := range numbers {
		if data[number.key] == "" && (number.key == keyServed || number.key == keyScalingTo) {
			continue // not initialised yet, and nothing under way
		}
		n, err := strconv.Atoi(data[number.key])
		if err != nil {
			return Cluster{}, damaged(name, &Fault{Field: number.key, Value: data[number.key], Reason: "not a whole number"})
		}
		*number.field = n
	}
	amounts := []struct {
		key   string
		field *resource.Quantity
	}{{keyCPU, &c.CPU}, {keyMemory, &c.Memory}, {keyStorage, &c.Storage}}
	for _, amount := range amounts {
		q, err := ParseQuantity(amount.key, data[amount.key])
		if err != nil {
			return Cluster{}, damaged(name, err)
		}
		*amount.field = q
	}
	faults := append(c.countFaults(), c.settledFaults()...)
	faults = append(faults, c.InitSQL.faults()...)
	if len(faults) > 0 {
		return Cluster{}, damaged(name, faults[0])
	}
	return c, nil
}

func damaged(name string, err error) error {
	return fmt.Errorf("settings of %s: %w", name, err)
}
