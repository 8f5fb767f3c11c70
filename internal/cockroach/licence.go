package cockroach

import "time"

// licenceGrace is how long a new cluster without a licence runs at full speed.
//
// Source: pkg/server/license/enforcer.go of CockroachDB.
const licenceGrace = 7 * 24 * time.Hour

// ThrottledFrom is when this cluster, initialised at that moment and without a
// licence, is slowed down to five open transactions at once; false: never. A
// single CockroachDB node from start-single-node is exempt, as are releases
// from before the licence. An image whose tag is no release is taken for new.
func (c Cluster) ThrottledFrom(initialised time.Time) (time.Time, bool) {
	version, known := VersionOf(c.Image)
	if c.Nodes == 1 || (known && !version.throttles()) {
		return time.Time{}, false
	}
	return initialised.Add(licenceGrace), true
}
