//go:build !windows

package cli

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

func throughConnection() cockroach.Connection {
	return cockroach.Connection{
		Host: localhost, Port: 40123, User: "app", Database: "app", Mode: cockroach.SSLVerifyFull, CA: "/tmp/x/ca.crt",
		Password: cockroach.ParsePassword(map[string][]byte{cockroach.AppKeyPassword: []byte("s3cret")}),
	}
}

func TestEnvironment_leadsNowhereElse(t *testing.T) {
	base := []string{"HOME=/h", "PGHOST=elsewhere", "PGHOSTADDR=10.0.0.1", "PGSERVICE=prod", "PGSSLKEY=/k", "DATABASE_URL=postgres://prod", "PGPASSFILE=/f"}
	got := environment(base, throughConnection())
	want := []string{
		"HOME=/h", "PGPASSFILE=/f",
		"DATABASE_URL=postgresql://app:s3cret@localhost:40123/app?sslmode=verify-full&sslrootcert=%2Ftmp%2Fx%2Fca.crt",
		"COCKROACH_URL=postgresql://app:s3cret@localhost:40123/app?sslmode=verify-full&sslrootcert=%2Ftmp%2Fx%2Fca.crt",
		"PGHOST=localhost", "PGPORT=40123", "PGUSER=app", "PGPASSWORD=s3cret", "PGDATABASE=app", "PGSSLMODE=verify-full", "PGSSLROOTCERT=/tmp/x/ca.crt",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// command runs a shell script as forward does.
func command(ctx context.Context, t *testing.T, script string) (a *app, out func() string, code int, err error) {
	t.Helper()
	a, stdout, _ := testApp(noInput(), nil)
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	err = a.runCommand(ctx, shell, []string{"sh", "-c", script}, throughConnection())
	return a, stdout.String, exitCode(ctx, err), err
}

func TestRunCommand_givesItsExitCodeAndItsOutput(t *testing.T) {
	_, out, code, _ := command(t.Context(), t, `echo "$PGUSER $PGPORT"; exit 7`)
	if out() != "app 40123\n" || code != 7 {
		t.Errorf("printed %q, exit code %d", out(), code)
	}
	if _, _, code, err := command(t.Context(), t, "exit 0"); code != 0 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	if _, _, code, _ := command(t.Context(), t, "kill -KILL $$"); code != 128+int(syscall.SIGKILL) {
		t.Errorf("killed, exit code %d", code)
	}
}

// A signal reaches the command, which ends as it likes.
func TestRunCommand_passesSignalsOn(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		ctx, cancel := context.WithCancelCause(t.Context())
		ready := filepath.Join(t.TempDir(), "ready")
		if err := syscall.Mkfifo(ready, 0o600); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, _ = os.ReadFile(ready) // until the script has written
			cancel(Interrupted{Signal: signal})
		}()
		script := `trap 'echo int; exit 21' INT; trap 'echo term; exit 22' TERM; echo > ` + ready + `; while :; do sleep 0.01; done`
		_, out, code, _ := command(ctx, t, script)
		want, word := 21, "int\n"
		if signal == syscall.SIGTERM {
			want, word = 22, "term\n"
		}
		if code != want || out() != word {
			t.Errorf("%v: exit code %d, printed %q", signal, code, out())
		}
	}
}

func TestRunCommand_isToldWhenItsTimeIsUp(t *testing.T) {
	ctx, cancel := limited(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, out, code, err := command(ctx, t, `trap 'echo term; exit 0' TERM; while :; do sleep 0.01; done`)
	own, ok := errors.AsType[*deploy.Error](err)
	if code != 3 || out() != "term\n" || !ok || own.Kind != deploy.TimedOut {
		t.Errorf("exit code %d, printed %q, %v", code, out(), err)
	}
}

func TestListen_takesBothAddressesAndSaysThatAPortIsTaken(t *testing.T) {
	listeners, port, err := listen(t.Context(), 0)
	if err != nil || port == 0 {
		t.Fatalf("port %d, %v", port, err)
	}
	for _, one := range listeners {
		defer one.Close()
		if got := one.Addr().(*net.TCPAddr).Port; got != port {
			t.Errorf("%s listens on %d, want %d", one.Addr(), got, port)
		}
	}
	_, _, err = listen(t.Context(), port)
	own, ok := errors.AsType[*deploy.Error](err)
	if !ok || !strings.Contains(own.Message, strconv.Itoa(port)) || !strings.Contains(own.Message, "in use") || !strings.Contains(own.Next, "--port 0") {
		t.Errorf("got %v", err)
	}
}
