package minisql

import (
	"strconv"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

const (
	preserve    = "cluster.preserve_downgrade_option"
	autoUpgrade = "cluster.auto_upgrade.enabled"
	version     = "version"
)

// autoUpgradeSince is the first series that knows autoUpgrade; v21.1 was
// recorded not to.
const autoUpgradeSince = "23.2"

// defaults are the cluster settings that the stand-in knows; the version is
// kept elsewhere.
func defaults() map[string]string {
	return map[string]string{
		version:                                      "",
		preserve:                                     "",
		autoUpgrade:                                  "true",
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

// setting is the value of one; ok is false where the asking node's release
// does not know it.
func (db *DB) setting(name string, e Env) (value string, ok bool) {
	if value, ok = defaults()[name]; !ok || name == autoUpgrade && !e.Release.From(autoUpgradeSince) {
		return "", false
	}
	if name == version {
		return db.version, true
	}
	if set, changed := db.settings[name]; changed {
		value = set
	}
	return value, true
}

func (db *DB) showSetting(s showSetting, e Env) (wire.Result, error) {
	v, ok := db.setting(s.name, e)
	if !ok {
		return wire.Result{}, wire.Errorf("", "unknown setting: %q", s.name)
	}
	return Rows{Columns: []string{s.name}, Rows: [][]any{{v}}}.result(), nil
}

func (db *DB) setSetting(s setSetting, e Env) (wire.Result, error) {
	done := wire.Result{Tag: "SET CLUSTER SETTING"}
	_, ok := db.setting(s.name, e)
	switch {
	case !ok:
		return wire.Result{}, wire.Errorf("", "unknown cluster setting '%s'", s.name)
	case s.value == nil && s.name == version: // unrecorded
		return wire.Result{}, wire.Errorf("0A000", "cannot RESET version cluster setting")
	case s.value == nil:
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
	if text, err = db.checkSetting(s.name, text, e); err != nil {
		return wire.Result{}, err
	}
	if s.name == version {
		db.version = text
		return done, nil
	}
	db.settings[s.name] = text
	return done, nil
}

// checkSetting refuses, where it was recorded in those words, and gives the
// value as it is shown.
func (db *DB) checkSetting(name, value string, e Env) (string, error) {
	if b := defaults()[name]; b == "true" || b == "false" {
		return truth(value)
	}
	switch {
	case name == version:
		return value, db.checkVersion(value, e)
	case name == preserve && value != "" && value != db.version:
		return "", wire.Errorf("", "cannot set %s to %s (cluster version is %s)", preserve, value, db.version)
	}
	return value, nil
}

// truth is a value of type bool; its error is unrecorded.
func truth(value string) (string, error) {
	switch strings.ToLower(value) {
	case "on", "yes":
		return "true", nil
	case "off", "no":
		return "false", nil
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		return "", wire.Errorf("22P02", "could not parse %q as type bool: invalid bool value", value)
	}
	return strconv.FormatBool(b), nil
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
