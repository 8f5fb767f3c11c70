package minisql

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

// Names that are there from the beginning, or never given to anybody.
const (
	root   = "root"
	admin  = "admin"
	node   = "node"
	public = "public"
)

type user struct{ password *string }

// Statements about users. A password is nil where the statement sets none.
type (
	createUser struct {
		name        string
		password    *newPassword
		ifNotExists bool
	}
	alterUser struct {
		name     string
		password *newPassword
		ifExists bool
	}
	dropUser struct {
		name     string
		ifExists bool
	}
	newPassword struct{ text *string } // nil: none any more
)

// user is a user's name; case does not matter, quotes or not.
func (p *parser) user() string { return strings.ToLower(p.ident()) }

func (p *parser) createUser() any {
	s := createUser{ifNotExists: p.words("if", "not", "exists")}
	s.name = p.user()
	p.words("with")
	if p.words("password") {
		s.password = p.newPassword()
	}
	p.noMoreOptions()
	return s
}

// alterUser reads ALTER USER name [WITH] PASSWORD 'text' or NULL.
func (p *parser) alterUser() any {
	s := alterUser{ifExists: p.words("if", "exists")}
	s.name = p.user()
	p.words("with")
	if !p.words("password") {
		panic(Unknown(p.text))
	}
	s.password = p.newPassword()
	p.noMoreOptions()
	return s
}

func (p *parser) dropUser() any {
	s := dropUser{ifExists: p.words("if", "exists")}
	s.name = p.user()
	return s
}

func (p *parser) newPassword() *newPassword {
	if p.words("null") {
		return &newPassword{}
	}
	t := p.next()
	if t.kind != tString && t.kind != tWord {
		p.i--
		p.fail()
	}
	p.password = t
	return &newPassword{&t.text}
}

// noMoreOptions: the real program has others.
func (p *parser) noMoreOptions() {
	if p.peek().kind == tWord {
		panic(Unknown(p.text))
	}
}

// sealMark begins a password as the log of the cluster and the store keep it.
const sealMark = "STANDIN-SHA256$"

// Sealed is the statement's text with a hash in place of a password: only that
// is to be kept and sent to others.
func (s Statement) Sealed() string {
	if s.password.from == s.password.to {
		return s.Text
	}
	text := passwordOf(s.node)
	if text == "" { // an error wherever it is looked at
		return s.Text
	}
	var salt [12]byte
	_, _ = rand.Read(salt[:])
	return s.Text[:s.password.from] + "'" + seal(text, hex.EncodeToString(salt[:])) + "'" + s.Text[s.password.to:]
}

func seal(password, salt string) string {
	sum := sha256.Sum256([]byte(salt + password))
	return sealMark + salt + "$" + hex.EncodeToString(sum[:])
}

func passwordOf(n any) string {
	var p *newPassword
	switch s := n.(type) {
	case createUser:
		p = s.password
	case alterUser:
		p = s.password
	}
	if p == nil || p.text == nil {
		return ""
	}
	return *p.text
}

// UserExists says whether name can open a session.
func (db *DB) UserExists(name string) bool { return db.users[name] != nil }

// PasswordOK says whether name exists and has this password.
func (db *DB) PasswordOK(name, password string) bool {
	u := db.users[name]
	if u == nil || u.password == nil || password == "" {
		return false
	}
	if rest, sealed := strings.CutPrefix(*u.password, sealMark); sealed {
		salt, _, _ := strings.Cut(rest, "$")
		password = seal(password, salt)
	}
	return subtle.ConstantTimeCompare([]byte(*u.password), []byte(password)) == 1
}

func (db *DB) defineUser(n any, e Env) (wire.Result, error) {
	switch s := n.(type) {
	case createUser:
		return db.createUser(s, e)
	case alterUser:
		return db.alterUser(s, e)
	case dropUser:
		return db.dropUser(s)
	case grantAll:
		return db.grantAll(s)
	case setOwner:
		return db.setOwner(s)
	}
	return wire.Result{}, wire.Errorf("", "statement %T: not known", n)
}

func (db *DB) createUser(s createUser, e Env) (wire.Result, error) {
	if err := checkPassword(s.password, e); err != nil {
		return wire.Result{}, err
	}
	if err := checkName(s.name); err != nil {
		return wire.Result{}, err
	}
	done := wire.Result{Tag: "CREATE ROLE"}
	if db.users[s.name] != nil || s.name == admin {
		if s.ifNotExists { // the password stays, too
			return done, nil
		}
		return wire.Result{}, wire.Errorf("42710", "a role/user named %s already exists", s.name)
	}
	u := &user{}
	if s.password != nil {
		u.password = s.password.text
	}
	db.users[s.name] = u
	return done, nil
}

func (db *DB) alterUser(s alterUser, e Env) (wire.Result, error) {
	done := wire.Result{Tag: "ALTER ROLE"}
	switch {
	case s.name == admin:
		return wire.Result{}, wire.Errorf("42501", "cannot edit admin role")
	case s.name == node:
		return wire.Result{}, checkName(s.name)
	case db.users[s.name] == nil && s.ifExists:
		return done, nil
	case db.users[s.name] == nil:
		return wire.Result{}, wire.Errorf("42704", "role/user %s does not exist", s.name)
	}
	if err := checkPassword(s.password, e); err != nil {
		return wire.Result{}, err
	}
	db.users[s.name].password = s.password.text
	return done, nil
}

func (db *DB) dropUser(s dropUser) (wire.Result, error) {
	if where := db.grantsOf(s.name); len(where) > 0 {
		return wire.Result{}, wire.Errorf("2BP01", "cannot drop role/user %s: grants still exist on %s", s.name, strings.Join(where, ", "))
	}
	if db.users[s.name] == nil && !s.ifExists {
		return wire.Result{}, wire.Errorf("42704", "role/user %q does not exist", s.name)
	}
	delete(db.users, s.name)
	return wire.Result{Tag: "DROP ROLE"}, nil
}

// checkPassword: without TLS nobody gets one, and an empty one nobody at all.
func checkPassword(p *newPassword, e Env) error {
	switch {
	case p == nil || p.text == nil:
		return nil
	case e.Insecure:
		return wire.Errorf("28P01", "setting or updating a password is not supported in insecure mode")
	case *p.text == "":
		return wire.Errorf("", "empty passwords are not permitted")
	}
	return nil
}

// checkName refuses names that nobody may have; unrecorded, as the sources of
// v21.1 word it.
func checkName(name string) error {
	switch {
	case name == "":
		return wire.Errorf("", "no username specified")
	case name == node:
		return wire.Errorf("42939", "username %q reserved", name)
	case name == public:
		return wire.Errorf("42939", "role name %q is reserved", name)
	case !regexp.MustCompile(`^[\p{Ll}0-9_][\p{Ll}0-9_.-]{0,62}$`).MatchString(name):
		e := wire.Errorf("42602", "username is invalid")
		e.Details = "HINT: Usernames are case insensitive, must start with a letter, digit or underscore, " +
			"may contain letters, digits, dashes, periods, or underscores, and must not exceed 63 characters."
		return e
	}
	return nil
}
