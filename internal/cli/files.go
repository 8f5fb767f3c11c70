package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// readFiles reads what --patch and --init-sql name into the wish. What cannot
// be read is wrong use, found before any connection is made.
func (a *app) readFiles(cmd *cobra.Command, f upFlags, wish *deploy.Wish) error {
	if err := f.oneStdin(); err != nil {
		return err
	}
	if path := given(cmd, "patch", f.patch); path != nil {
		text := ""
		if *path != "" {
			var err error
			if text, err = a.readFile("patch", *path, cockroach.MaxPatch); err != nil {
				return err
			}
			if text == "" {
				text = "\n" // said, but with nothing in it: not the same as --patch ""
			}
		}
		wish.Patch = &text
	}
	if path := given(cmd, "init-sql", f.initSQL); path != nil {
		text, err := a.readFile("init-sql", *path, cockroach.MaxSQL)
		if err != nil {
			return err
		}
		if text, err = cockroach.CompleteSQL(text); err != nil {
			return inFile(err, "init-sql", *path)
		}
		wish.InitSQL = &text
	}
	return nil
}

// oneStdin finds several flags that would all read stdin: the first would leave
// nothing for the others.
func (f upFlags) oneStdin() error {
	var from []string
	for _, flag := range []struct{ name, path string }{
		{"--patch", f.patch}, {"--init-sql", f.initSQL}, {"--ca-cert", f.caCert}, {"--ca-key", f.caKey},
	} {
		if flag.path == "-" {
			from = append(from, flag.name+" -")
		}
	}
	if len(from) < 2 {
		return nil
	}
	return &usageError{[]fault{{strings.Join(from, " and ") + ": stdin can be only one of them", "put the others into files"}}}
}

// readFile reads a file, or stdin where its name is a dash, up to one byte
// more than the limit: that it is too long is for others to say.
func (a *app) readFile(flag, path string, limit int64) (string, error) {
	if path == "" {
		return "", &cockroach.Fault{Field: flag, Value: `""`, Reason: "names no file", Hint: "a file, or - for stdin"}
	}
	in := a.streams.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", unreadable(flag, path, err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return "", unreadable(flag, path, err)
	}
	return string(text), nil
}

// maxPEM is far more than a certificate or key has, in bytes.
const maxPEM = 1 << 20

// readAuthority reads the user's own CA; nil: none was named.
func (a *app) readAuthority(certFile, keyFile string) (*cockroach.Authority, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	if err := (upFlags{caCert: certFile, caKey: keyFile}).oneStdin(); err != nil {
		return nil, err
	}
	cert, err := a.readFile("ca-cert", certFile, maxPEM)
	if err != nil {
		return nil, err
	}
	key, err := a.readFile("ca-key", keyFile, maxPEM)
	if err != nil {
		return nil, err
	}
	authority, err := cockroach.ParseAuthority([]byte(cert), []byte(key), a.now())
	if err != nil {
		return nil, inFile(inFile(err, "ca-cert", certFile), "ca-key", keyFile)
	}
	return &authority, nil
}

func unreadable(flag, path string, err error) error {
	if inner := new(fs.PathError); errors.As(err, &inner) {
		err = inner.Err // the path is said already
	}
	return &cockroach.Fault{Field: flag, Value: path, Reason: err.Error(), Hint: "a file that can be read, or - for stdin"}
}

// inFile names the file in the faults of a flag's text.
func inFile(err error, flag, path string) error {
	for _, fault := range cockroach.Faults(err) {
		if fault.Field == flag {
			fault.Value = path
		}
	}
	return err
}
