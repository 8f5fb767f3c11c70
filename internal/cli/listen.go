package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
)

// freePorts is how many free ports are tried before it is given up to find
// one that is free on both addresses.
const freePorts = 20

// listen takes a port on both addresses of this machine's own name: a client
// that looks the name up may begin with either, and must not find somebody
// else there. Port 0 takes one that is free.
func listen(ctx context.Context, port int) ([]net.Listener, int, error) {
	attempts := 1
	if port == 0 {
		attempts = freePorts
	}
	var last error
	for range attempts {
		listeners, chosen, err := listenBoth(ctx, port)
		if err == nil {
			return listeners, chosen, nil
		}
		last = err
	}
	if inner := new(syscall.Errno); errors.As(last, inner) {
		last = *inner
	}
	return nil, 0, &deploy.Error{
		Message: fmt.Sprintf("port %d of %s: %v", port, localhost, last),
		Next:    "--port 0 takes a free one",
	}
}

func listenBoth(ctx context.Context, port int) ([]net.Listener, int, error) {
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, 0, err
	}
	if address, ok := first.Addr().(*net.TCPAddr); ok {
		port = address.Port
	}
	second, err := config.Listen(ctx, "tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		return []net.Listener{first, second}, port, nil
	case errors.Is(err, syscall.EADDRINUSE):
		_ = first.Close()
		return nil, 0, err
	}
	return []net.Listener{first}, port, nil // a machine without that protocol
}
