package deploy

import "github.com/crdb-kube/crdb-kube/internal/cockroach"

// word is what a pod said of itself when it was asked. The zero word: it was
// not asked, or nothing answered.
type word struct {
	health cockroach.Health
	text   string
}

// silent says that the pod's port did not answer.
func (w word) silent() bool { return w.health == "" }
