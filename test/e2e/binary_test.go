package e2e

import (
	"os"
	"testing"
)

// TestBinary_isSmall holds the program, as it is released, to its size.
func TestBinary_isSmall(t *testing.T) {
	const most = 35 << 20 // bytes
	info, err := os.Stat(shared.program("crdb-kube"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > most {
		t.Errorf("%d bytes, want %d at most", info.Size(), most)
	}
}
