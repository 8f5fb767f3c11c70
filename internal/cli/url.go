package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// urlSchema is raised when a field of urlView goes or changes its sense.
const urlSchema = 1

// urlView is what `url -o json` and `-o yaml` print.
type urlView struct {
	SchemaVersion int               `json:"schemaVersion" jsonschema:"raised when a field changes its meaning or goes away, not for a new one"`
	URL           string            `json:"url" jsonschema:"the connection string"`
	Host          string            `json:"host" jsonschema:"name of the server"`
	Port          int               `json:"port" jsonschema:"its port"`
	User          string            `json:"user" jsonschema:"the SQL user"`
	Database      string            `json:"database" jsonschema:"the database that it begins in"`
	SSLMode       cockroach.SSLMode `json:"sslMode" jsonschema:"what TLS is wanted, as libpq names it"`
	Password      string            `json:"password,omitempty" jsonschema:"with --show-secrets only; absent: hidden, or there is none"`
}

// urlForm is the value of url's -o.
type urlForm string

const (
	urlPlain urlForm = "url"
	urlEnv   urlForm = "env"
	urlJSON  urlForm = "json"
	urlYAML  urlForm = "yaml"
)

// Set makes it a flag value.
func (f *urlForm) Set(text string) error {
	if !slices.Contains(f.Values(), text) {
		return fmt.Errorf("not one of url, env, json, yaml")
	}
	*f = urlForm(text)
	return nil
}

// Values are those that there are.
func (*urlForm) Values() []string {
	return []string{string(urlPlain), string(urlEnv), string(urlJSON), string(urlYAML)}
}

func (f *urlForm) String() string { return string(*f) }

// Type is the word for the value in help.
func (f *urlForm) Type() string { return "format" }

type urlFlags struct {
	root    bool
	port    int
	secrecy secrecyFlag
	form    urlForm
}

func (a *app) url() *cobra.Command {
	f := urlFlags{form: urlPlain}
	cmd := &cobra.Command{
		Use:   "url",
		Short: "print the connection string",
		Long: `url prints how a client connects: inside the Kubernetes cluster, or with
--forward through a crdb-kube forward on this machine. The password is left out
unless --show-secrets asks for it.

With -o env it prints a line for DATABASE_URL and for each variable that libpq
knows, quoted as a shell reads them.`,
		Example: `  crdb-kube url
  psql "$(crdb-kube url --forward --show-secrets)"
  crdb-kube url --show-secrets -o env > .env`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.port < 0 || f.port > 65535 || f.port == 0 && cmd.Flags().Changed("forward") {
				return wrongUse(cmd, &usageError{[]fault{{fmt.Sprintf("--forward %d: no such port", f.port), "1 to 65535: the port that forward says"}}})
			}
			if err := deploy.Check(a.name, deploy.Wish{}); err != nil {
				return wrongUse(cmd, err)
			}
			a.running = true
			return a.runURL(cmd.Context(), f)
		},
	}
	cmd.Flags().BoolVar(&f.root, "root", false, "as root instead of as the application's user")
	cmd.Flags().IntVar(&f.port, "forward", 0, "through a forward on this local `port`")
	cmd.Flags().Lookup("forward").NoOptDefVal = strconv.Itoa(cockroach.SQLPort)
	cmd.Flags().BoolVar((*bool)(&f.secrecy), "show-secrets", false, "with the password")
	cmd.Flags().VarP(&f.form, "output", "o", "url, env, json or yaml")
	return cmd
}

func (a *app) runURL(ctx context.Context, f urlFlags) error {
	at, err := a.dial()
	if err != nil {
		return err
	}
	access, err := deploy.Open(ctx, at.client, deploy.Target{Namespace: at.namespace, Name: a.name})
	if err != nil {
		return err
	}
	connection, err := connectionOf(ctx, access, f)
	if err != nil {
		return err
	}
	text, err := urlText(connection, f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.streams.Out, text)
	return err
}

// connectionOf reads a Secret only where a password is to be shown.
func connectionOf(ctx context.Context, access deploy.Access, f urlFlags) (cockroach.Connection, error) {
	user := (&forwardFlags{root: f.root}).user(access.Cluster)
	connection := access.Cluster.Connect(user, cockroach.Password{})
	if f.secrecy.value() == cockroach.Shown && user != cockroach.RootUser || user == "" {
		login, err := access.LoginAs(ctx, user)
		if err != nil {
			return connection, err
		}
		connection = login.Connection
	}
	if f.port != 0 {
		connection.Host, connection.Port = localhost, f.port
	}
	return connection, nil
}

func urlText(c cockroach.Connection, f urlFlags) (string, error) {
	secrecy := f.secrecy.value()
	view := urlView{
		SchemaVersion: urlSchema, URL: c.URL(secrecy), Host: c.Host, Port: c.Port,
		User: c.User, Database: c.Database, SSLMode: c.Mode,
	}
	var lines strings.Builder
	for _, one := range c.Variables(secrecy) {
		if one.Name == "PGPASSWORD" {
			view.Password = one.Value
		}
		if one.Value != "" {
			fmt.Fprintf(&lines, "%s=%s\n", one.Name, quoted(one.Value))
		}
	}
	var text []byte
	var err error
	switch f.form {
	case urlEnv:
		return lines.String(), nil
	case urlJSON:
		text, err = encodeJSON(view, "  ")
	case urlYAML:
		text, err = encodeYAML(view)
	case urlPlain:
		return view.URL + "\n", nil
	}
	return string(text), err
}
