package minisql

import (
	"maps"
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// show answers SHOW; users other than root see what they may use, unrecorded.
func (db *DB) show(s show, e Env) (wire.Result, error) {
	var r Rows
	switch s.what {
	case "databases":
		r.Columns = []string{"database_name", "owner", "primary_region", "regions", "survival_goal"}
		for _, name := range slices.Sorted(maps.Keys(db.databases)) {
			if d := db.databases[name]; d.allow(e.User) {
				r.Rows = append(r.Rows, []any{name, d.owner, nil, "{}", nil})
			}
		}
	case "tables":
		r.Columns = []string{"schema_name", "table_name", "type", "owner", "estimated_row_count", "locality"}
		if d := db.databases[e.Database]; d != nil {
			for _, name := range slices.Sorted(maps.Keys(d.tables)) {
				if t := d.tables[name]; t.allow(e.User) {
					r.Rows = append(r.Rows, []any{"public", name, "table", t.owner, len(t.rows), nil})
				}
			}
		}
	case "users":
		r.Columns = []string{"username", "options", "member_of"}
		for _, name := range slices.Sorted(maps.Keys(db.users)) {
			member := "{}"
			if name == root {
				member = "{admin}"
			}
			r.Rows = append(r.Rows, []any{name, "", member})
		}
		r.Rows = slices.Insert(r.Rows, 0, []any{admin, "", "{}"})
		slices.SortFunc(r.Rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	case "grants":
		return db.showGrants(s.name)
	}
	return r.result(), nil
}

// showGrants is unrecorded, its columns included.
func (db *DB) showGrants(name string) (wire.Result, error) {
	d := db.databases[name]
	if d == nil {
		return wire.Result{}, wire.Errorf("3D000", "target database or schema does not exist")
	}
	who := append(slices.Collect(maps.Keys(d.granted)), admin, root)
	slices.Sort(who)
	r := Rows{Columns: []string{"database_name", "grantee", "privilege_type"}}
	for _, grantee := range who {
		r.Rows = append(r.Rows, []any{name, grantee, "ALL"})
	}
	return r.result(), nil
}
