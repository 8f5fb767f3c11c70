package minisql

import (
	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// NodeSeries is the series of one node's binary.
type NodeSeries struct {
	ID     int
	Series string
}

// Version is the cluster's version: a series.
func (db *DB) Version() string { return db.version }

// Found gives a new cluster its version.
func (db *DB) Found(series string) { db.version = series }

// MayUpgrade says whether the settings let the version rise by itself.
func (db *DB) MayUpgrade() bool {
	return db.settings[preserve] == "" && db.settings[autoUpgrade] != "false"
}

// checkVersion refuses a cluster version, in the order and the words of the
// sources of v21.1. Two of them are recorded: that the node is older, and that
// the version would fall.
func (db *DB) checkVersion(to string, e Env) error {
	own, oldest := e.Release.Series(), e.Release.Oldest()
	switch {
	case release.Compare(to, own) > 0:
		return wire.Errorf("", "cannot upgrade to %s: node running %s", to, own)
	case release.Compare(to, oldest) < 0:
		return wire.Errorf("", "node at %s cannot run %s (minimum version is %s)", own, to, oldest)
	case release.Compare(to, db.version) < 0:
		return wire.Errorf("", "versions cannot be downgraded (attempting to downgrade from %s to %s)", db.version, to)
	case db.settings[preserve] != "":
		return wire.Errorf("", "cannot upgrade to %s: %s is set to %s", to, preserve, db.settings[preserve])
	case to == db.version:
		return nil
	case len(e.Away) > 0:
		return wire.Errorf("", "n%d required, but unavailable", e.Away[0])
	}
	for _, n := range e.Nodes {
		if release.Compare(n.Series, to) < 0 {
			return wire.Errorf("", "binary version %s less than target cluster version %s", n.Series, to)
		}
	}
	return nil
}
