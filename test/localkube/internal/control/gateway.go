package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// RunGateway passes connections on: what comes in at listen goes to the
// address to. The machines reach the API server through it, which listens on
// 127.0.0.1 only and so cannot be reached from outside the host.
func RunGateway(ctx context.Context, listen, to string) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	for {
		inside, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("gateway: %w", errors.Join(err, context.Cause(ctx)))
		}
		go pass(inside, to)
	}
}

// pass connects two sides until both have said all they had to say.
func pass(inside net.Conn, to string) {
	defer inside.Close()
	outside, err := net.Dial("tcp", to)
	if err != nil {
		return // closing tells the caller what a stopped server would
	}
	defer outside.Close()
	var both sync.WaitGroup
	one := func(from, into net.Conn) {
		_, _ = io.Copy(into, from)
		if half, ok := into.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}
	both.Go(func() { one(inside, outside) })
	both.Go(func() { one(outside, inside) })
	both.Wait()
}
