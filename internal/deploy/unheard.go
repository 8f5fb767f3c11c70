package deploy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crdb-kube/crdb-kube/internal/cockroach"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// unheard asks for the API server itself where not one pod could be asked: the
// silence may be its own, and says nothing of the database then.
func unheard(ctx context.Context, client *kube.Client, c cockroach.Cluster, readings map[string]reading) error {
	for _, one := range readings {
		if one.err == nil || errors.Is(one.err, kube.ErrNotAnswering) {
			return nil
		}
	}
	return unlessForbidden(within(ctx, askTimeout, func(ctx context.Context) error {
		_, err := client.Namespace(ctx, c.Namespace)
		return err
	}))
}

// within asks the API server, and blames it if that takes too long.
func within(ctx context.Context, limit time.Duration, ask func(context.Context) error) error {
	short, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := ask(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("API server: no answer within %s", limit)
	}
	return err
}
