package minisql

import "testing"

func TestSetVersion(t *testing.T) {
	const set, hold = "SET CLUSTER SETTING version = ", "SET CLUSTER SETTING cluster.preserve_downgrade_option = '21.1'"
	for _, c := range []struct {
		before, to string // statements
		away       []int
		nodes      []NodeSeries
		want       string // error; empty: it is taken
	}{
		{to: "'21.2'"},
		{to: "crdb_internal.node_executable_version()"},
		{to: "'21.1'"},
		{to: "'22.1'", want: "cannot upgrade to 22.1: node running 21.2"},
		{to: "'20.2'", want: "node at 21.2 cannot run 20.2 (minimum version is 21.1)"},
		{before: hold, to: "'21.2'", want: "cannot upgrade to 21.2: cluster.preserve_downgrade_option is set to 21.1"},
		{before: set + "'21.2'", to: "'21.1'", want: "versions cannot be downgraded (attempting to downgrade from 21.2 to 21.1)"},
		{to: "'21.2'", away: []int{3}, want: "n3 required, but unavailable"},
		{to: "'21.2'", nodes: []NodeSeries{{1, "21.2"}, {2, "21.1"}}, want: "binary version 21.1 less than target cluster version 21.2"},
	} {
		db, e := NewDB(), env()
		e.Release, e.Away, e.Nodes = "v21.2.0", c.away, c.nodes
		var err error
		for _, text := range []string{c.before, set + c.to} {
			list, perr := Parse(text)
			if perr != nil {
				t.Fatal(perr)
			}
			for _, s := range list {
				_, err = db.Execute(s, e)
			}
		}
		if got := errorText(err); got != c.want {
			t.Errorf("%s, then version = %s: %q, want %q", c.before, c.to, got, c.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSettings(t *testing.T) {
	for _, c := range [][2]string{
		{"SET CLUSTER SETTING diagnostics.reporting.enabled = off; SHOW CLUSTER SETTING diagnostics.reporting.enabled", "diagnostics.reporting.enabled / false"},
		{"SET CLUSTER SETTING enterprise.license = 'crl-0-abc'; SHOW CLUSTER SETTING enterprise.license", "enterprise.license / crl-0-abc"},
		{"SET CLUSTER SETTING diagnostics.reporting.enabled = 'maybe'", `could not parse "maybe" as type bool: invalid bool value`},
		{"SET CLUSTER SETTING cluster.auto_upgrade.enabled = false", "unknown cluster setting 'cluster.auto_upgrade.enabled'"},
		{"RESET CLUSTER SETTING version", "cannot RESET version cluster setting"},
	} {
		got, err := run(t, NewDB(), c[0])
		if err != nil {
			got = err.Error()
		}
		if got != c[1] {
			t.Errorf("%s: %q, want %q", c[0], got, c[1])
		}
	}
}
