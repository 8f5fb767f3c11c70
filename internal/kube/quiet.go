package kube

import (
	"context"

	"k8s.io/klog/v2"
)

// bodies is the level from which on client-go logs what requests and answers hold.
const bodies = 8

// withoutBodies lets requests made with the context be logged, but not what they hold:
// whoever sends a log to somebody does not mean to send keys.
func withoutBodies(ctx context.Context) context.Context {
	sink := klog.FromContext(ctx).GetSink()
	if sink == nil {
		return ctx
	}
	return klog.NewContext(ctx, klog.New(noBodies{sink}))
}

// noBodies is a log without its more talkative levels.
type noBodies struct{ klog.LogSink }

// Enabled tells whether a level is logged.
func (n noBodies) Enabled(level int) bool { return level < bodies && n.LogSink.Enabled(level) }

// WithValues keeps the limit.
func (n noBodies) WithValues(keysAndValues ...any) klog.LogSink {
	return noBodies{n.LogSink.WithValues(keysAndValues...)}
}

// WithName keeps the limit.
func (n noBodies) WithName(name string) klog.LogSink { return noBodies{n.LogSink.WithName(name)} }

// Init does nothing: the log below is set up already, and others write to it meanwhile.
func (noBodies) Init(klog.RuntimeInfo) {}
