package minisql

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/release"
	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

const (
	preserve    = "cluster.preserve_downgrade_option"
	autoUpgrade = "cluster.auto_upgrade.enabled"
	version     = "version"
)

// Start is what init does: the cluster works at the version of its first node.
func (db *DB) Start(series string) { db.settings[version] = series }

// Version is the version that the cluster works at.
func (db *DB) Version() string {
	if v := db.settings[version]; v != "" {
		return v
	}
	return release.Series(release.Default)
}

// Held says whether the cluster is not to upgrade itself.
func (db *DB) Held() bool {
	return db.settings[preserve] == db.Version() || db.settings[autoUpgrade] == "false"
}

// defaults are the cluster settings that the stand-in knows.
func defaults() map[string]string {
	return map[string]string{
		version:                                      release.Series(release.Default),
		autoUpgrade:                                  "true",
		preserve:                                     "",
		"cluster.organization":                       "",
		"enterprise.license":                         "",
		"server.time_until_store_dead":               "5m0s",
		"server.shutdown.drain_wait":                 "0s",
		"kv.snapshot_rebalance.max_rate":             "8.0 MiB",
		"kv.snapshot_recovery.max_rate":              "8.0 MiB",
		"diagnostics.reporting.enabled":              "true",
		"sql.defaults.default_int_size":              "8",
		"jobs.retention_time":                        "336h0m0s",
		"kv.raft_log.disable_synchronization_unsafe": "false",
	}
}

func (db *DB) showSetting(s showSetting) (wire.Result, error) {
	v, ok := defaults()[s.name]
	if !ok || !db.knows(s.name) {
		return wire.Result{}, wire.Errorf("", "unknown setting: %q", s.name)
	}
	if set, ok := db.settings[s.name]; ok {
		v = set
	}
	return Rows{Columns: []string{s.name}, Rows: [][]any{{v}}}.result(), nil
}

func (db *DB) setSetting(s setSetting, e Env) (wire.Result, error) {
	done := wire.Result{Tag: "SET CLUSTER SETTING"}
	if _, ok := defaults()[s.name]; !ok || !db.knows(s.name) {
		return wire.Result{}, wire.Errorf("", "unknown cluster setting %q", s.name)
	}
	if s.value == nil {
		delete(db.settings, s.name)
		return done, nil
	}
	if c, ok := s.value.(column); ok { // a bare word, as in "= on"
		s.value = literal{c.name}
	}
	v, err := e.eval(s.value, row{})
	if err != nil {
		return wire.Result{}, err
	}
	text := ""
	if r := render(v); r != nil {
		text = *r
	}
	if err := db.checkSetting(s.name, text, e); err != nil {
		return wire.Result{}, err
	}
	db.settings[s.name] = text
	return done, nil
}

// knows says whether the version that the cluster works at has a setting.
func (db *DB) knows(name string) bool {
	return name != autoUpgrade || release.Compare(db.Version(), "23.2") >= 0
}

// checkSetting refuses as recorded, but for an upgrade that is held back, of
// which there is no recording.
func (db *DB) checkSetting(name, value string, e Env) error {
	active := db.Version()
	switch {
	case name == preserve && value != "" && value != active:
		return wire.Errorf("", "cannot set %s to %s (cluster version is %s)", preserve, value, active)
	case name == version && newer(value, e.Runs) > 0:
		return wire.Errorf("", "cannot upgrade to %s: node running %s", value, e.Runs)
	case name == version && newer(value, active) < 0:
		return wire.Errorf("", "versions cannot be downgraded (attempting to downgrade from %s to %s)", active, value)
	case name == version && value != active && db.settings[preserve] == active:
		return wire.Errorf("", "cannot upgrade to %s: %s is set to %s", value, preserve, active)
	}
	return nil
}

func newer(a, b string) int {
	parts := func(s string) []int {
		var out []int
		for p := range strings.SplitSeq(s, ".") {
			n, _ := strconv.Atoi(p)
			out = append(out, n)
		}
		return out
	}
	return slices.Compare(parts(a), parts(b))
}

// variables are the session variables that can be set; what they mean is up to
// the session.
const variables = " database statement_timeout application_name search_path extra_float_digits timezone "

func (db *DB) checkVar(s setVar) error {
	if s.name == "database" && db.databases[s.value] == nil {
		return wire.Errorf("3D000", "database %q does not exist", s.value)
	}
	if !strings.Contains(variables, " "+s.name+" ") {
		return wire.Errorf("42704", "unrecognized configuration parameter %q", s.name)
	}
	return nil
}
