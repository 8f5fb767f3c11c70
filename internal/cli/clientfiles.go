package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
)

// clientFiles are how a client on this machine connects through a forward, with
// the files that it verifies the server and shows itself by. They lie in a
// directory that nobody else may read, until remove.
type clientFiles struct {
	connection cockroach.Connection
	dir        string // empty: there are none
}

// newClientFiles writes them.
func newClientFiles(ctx context.Context, o opened, user string) (clientFiles, error) {
	login, err := o.access.LoginAs(ctx, user)
	if err != nil {
		return clientFiles{}, err
	}
	c := clientFiles{connection: login.Connection}
	c.connection.Host, c.connection.Port = localhost, o.port
	if len(login.CA) == 0 {
		return c, nil
	}
	if c.dir, err = os.MkdirTemp("", "crdb-kube-"); err != nil {
		return c, fmt.Errorf("a directory for certificates: %w", err)
	}
	c.connection.Mode = cockroach.SSLVerifyFull
	for _, file := range []struct {
		name string
		body []byte
		path *string
	}{
		{cockroach.FileCA, login.CA, &c.connection.CA},
		{cockroach.FileRoot, login.Cert, &c.connection.Cert},
		{cockroach.FileRootKey, login.Key, &c.connection.Key},
	} {
		if len(file.body) == 0 {
			continue
		}
		*file.path = filepath.Join(c.dir, file.name)
		if err := os.WriteFile(*file.path, file.body, 0o600); err != nil {
			c.remove()
			return c, fmt.Errorf("certificates: %w", err)
		}
	}
	return c, nil
}

// remove takes the files away. What is left after SIGKILL lies in the
// directory for temporary files.
func (c clientFiles) remove() {
	if c.dir != "" {
		_ = os.RemoveAll(c.dir)
	}
}
