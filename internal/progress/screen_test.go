package progress

import (
	"testing"

	"github.com/crdb-kube/crdb-kube/internal/progress/screentest"
)

// terminal is a screen on which nothing has to be restored: after each write
// it must be as it was found.
type terminal struct {
	*screentest.Screen
	t *testing.T
}

func newTerminal(t *testing.T, width, height int) terminal {
	t.Helper()
	return terminal{screentest.New(t, width, height), t}
}

func (m terminal) Write(p []byte) (int, error) {
	n, err := m.Screen.Write(p)
	if !m.AsFound() {
		m.t.Errorf("the terminal is not as it was found after %q", p)
	}
	return n, err
}

// writes is all that was written so far.
func (m terminal) writes() []string { return m.Now().Writes }

func (m terminal) width() int {
	width, _ := m.Size()
	return width
}

func (m terminal) height() int {
	_, height := m.Size()
	return height
}
