package cockroach

import (
	"crypto/rand"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

const (
	// DefaultAppUser is the SQL user made for the application of a new cluster.
	DefaultAppUser = "app"
	// AppDatabase is the database that this user may do everything in.
	AppDatabase = "app"
)

// Keys of the application's Secret, as the Service Binding Specification for
// Kubernetes names them.
const (
	AppKeyType     = "type"
	AppKeyProvider = "provider"
	AppKeyHost     = "host"
	AppKeyPort     = "port"
	AppKeyUsername = "username"
	AppKeyPassword = "password"
	AppKeyDatabase = "database"
	AppKeyURI      = "uri"
	AppKeyCA       = "ca.crt"
)

// Password is a secret of the application's user. It shows itself to nobody
// who prints it, not even as a part of something else: fmt does not look behind
// a function.
type Password struct{ reveal func() string }

func newPassword(text string) Password { return Password{func() string { return text }} }

func (p Password) text() string {
	if p.reveal == nil {
		return ""
	}
	return p.reveal()
}

// passwordLength in characters of 62 kinds: 142 bits.
const passwordLength = 24

// NewPassword is made at random. Its characters need no escape in SQL, in a
// connection string or in a shell.
func NewPassword() Password {
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, 0, passwordLength)
	var one [1]byte
	for len(text) < passwordLength {
		_, _ = rand.Read(one[:]) // never fails
		if int(one[0]) < 4*len(characters) {
			text = append(text, characters[int(one[0])%len(characters)])
		}
	}
	return newPassword(string(text))
}

// ParsePassword reads one from the application's Secret.
func ParsePassword(data map[string][]byte) Password {
	return newPassword(string(data[AppKeyPassword]))
}

// Empty says that there is none.
func (p Password) Empty() bool { return p.text() == "" }

// Format hides it, whatever the verb.
func (p Password) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hidden) }

// MarshalText hides it.
func (p Password) MarshalText() ([]byte, error) { return []byte(hidden), nil }

const hidden = "(hidden)"

// AppSecret has all that an application needs to connect. Without TLS there is
// no password and no CA.
func (c Cluster) AppSecret(p Password, ca []byte) Object {
	data := map[string][]byte{}
	for key, value := range map[string]string{
		AppKeyType: "postgresql", AppKeyProvider: "cockroachdb",
		AppKeyHost: c.publicHost(), AppKeyPort: strconv.Itoa(SQLPort),
		AppKeyUsername: c.AppUser, AppKeyDatabase: AppDatabase, AppKeyURI: c.Connect(c.AppUser, p).URL(Shown),
	} {
		data[key] = []byte(value)
	}
	if c.Security == TLS {
		data[AppKeyPassword], data[AppKeyCA] = []byte(p.text()), ca
	}
	return applycore.Secret(c.AppSecretName(), c.Namespace).
		WithLabels(c.Labels()).
		WithType(corev1.SecretType("servicebinding.io/postgresql")).
		WithData(data)
}

func (c Cluster) publicHost() string { return c.PublicService() + "." + c.Namespace }

// AppSQL makes the application's database and user, and sets the password,
// whatever of it is there already. It is for ScriptCommand: a password must
// stand in no argument.
func (c Cluster) AppSQL(p Password) string {
	user := `"` + c.AppUser + `"`
	statements := []string{
		"CREATE DATABASE IF NOT EXISTS " + AppDatabase,
		"CREATE USER IF NOT EXISTS " + user,
	}
	if c.Security == TLS {
		statements = append(statements, "ALTER USER "+user+" WITH PASSWORD '"+strings.ReplaceAll(p.text(), "'", "''")+"'")
	}
	statements = append(statements, "GRANT ALL ON DATABASE "+AppDatabase+" TO "+user)
	return strings.Join(statements, ";\n") + ";\n"
}

// AppMark is the value of AnnotationPasswordSet once AppSQL has run.
func (c Cluster) AppMark() string { return c.ClusterID + "/" + c.AppUser }

// appUserFaults refuses what SQL would, and users that are somebody already.
func (c Cluster) appUserFaults() []*Fault {
	fault := func(reason, hint string) []*Fault { return []*Fault{{keyAppUser, c.AppUser, reason, hint}} }
	switch {
	case c.AppUser == "":
		return nil
	case !regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,62}$`).MatchString(c.AppUser):
		return fault("not a name that fits a SQL user", "a-z, 0-9, _ and -, beginning with a letter or _, at most 63 characters")
	case slices.Contains([]string{"root", "admin", "node", "public", "none"}, c.AppUser),
		strings.HasPrefix(c.AppUser, "pg_"), strings.HasPrefix(c.AppUser, "crdb_internal"):
		return fault("belongs to the database itself", "such as "+DefaultAppUser)
	}
	return nil
}
