package diagnose

import "github.com/crdb-kube/crdb-kube/internal/cockroach"

// Word is what a pod said of itself when it was asked. The zero word: it was
// not asked, or nothing answered.
type Word struct {
	Health cockroach.Health
	// Text is the reason in the sender's words; where nothing answered, why not.
	Text string
}

// Silent says that the pod's port did not answer.
func (w Word) Silent() bool { return w.Health == "" }
