package minisql

import (
	"maps"
	"slices"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// privileges say who may do everything with a database or a table. Single
// privileges are not known.
type privileges struct {
	owner   string
	granted map[string]bool
}

func (p *privileges) allow(name string) bool {
	return name == root || name == p.owner || p.granted[name]
}

// inherited are the privileges on a new table: of those who have them on its
// database at this moment. A later grant on the database does not reach it.
func (p *privileges) inherited(owner string) privileges {
	return privileges{owner, maps.Clone(p.granted)}
}

// direction of a statement about privileges.
type direction string

const (
	give direction = "GRANT"
	take direction = "REVOKE"
)

type (
	grantAll struct {
		direction direction
		database  string
		users     []string
	}
	setOwner struct{ database, owner string }
)

// grant reads ALL [PRIVILEGES] ON DATABASE name TO user, or FROM user.
func (p *parser) grant(d direction) any {
	if !p.words("all") {
		panic(Unknown(p.text))
	}
	p.words("privileges")
	p.expect("on")
	if !p.words("database") {
		panic(Unknown(p.text))
	}
	s := grantAll{direction: d, database: p.ident()}
	if d == give {
		p.expect("to")
	} else {
		p.expect("from")
	}
	s.users = append(s.users, p.user())
	for p.symbol(",") {
		s.users = append(s.users, p.user())
	}
	return s
}

// alter reads ALTER USER, and ALTER DATABASE name OWNER TO user.
func (p *parser) alter() any {
	switch {
	case p.words("user"), p.words("role"):
		return p.alterUser()
	case p.words("database"):
		s := setOwner{database: p.ident()}
		if !p.words("owner", "to") {
			panic(Unknown(p.text))
		}
		s.owner = p.user()
		return s
	}
	panic(Unknown(p.text))
}

func (db *DB) grantAll(s grantAll) (wire.Result, error) {
	d := db.databases[s.database]
	if d == nil {
		return wire.Result{}, wire.Errorf("3D000", "database %q does not exist", s.database)
	}
	for _, name := range s.users {
		switch {
		case name == public, s.direction == take && (name == root || name == admin):
			return wire.Result{}, Unknown(string(s.direction) + " for " + name)
		case db.users[name] == nil && name != admin:
			return wire.Result{}, wire.Errorf("42704", "user or role %s does not exist", name)
		}
	}
	for _, name := range s.users {
		if d.granted == nil {
			d.granted = map[string]bool{}
		}
		switch {
		case s.direction == take:
			delete(d.granted, name)
		case name != root && name != admin:
			d.granted[name] = true
		}
	}
	return wire.Result{Tag: string(s.direction)}, nil
}

func (db *DB) setOwner(s setOwner) (wire.Result, error) {
	d := db.databases[s.database]
	if d == nil {
		return wire.Result{}, wire.Errorf("3D000", "database %q does not exist", s.database)
	}
	if db.users[s.owner] == nil {
		return wire.Result{}, wire.Errorf("42704", "role/user %q does not exist", s.owner)
	}
	d.owner = s.owner
	return wire.Result{Tag: "ALTER DATABASE OWNER"}, nil
}

// grantsOf are the databases and tables that name owns or was granted.
func (db *DB) grantsOf(name string) []string {
	var out []string
	for _, d := range slices.Sorted(maps.Keys(db.databases)) {
		if in := db.databases[d]; in.owner == name || in.granted[name] || name == root {
			out = append(out, d)
		}
		for _, t := range slices.Sorted(maps.Keys(db.databases[d].tables)) {
			if table := db.databases[d].tables[t]; table.owner == name || table.granted[name] {
				out = append(out, d+".public."+t)
			}
		}
	}
	return out
}
