package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/term"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// screen is this program's terminal, as kube.Terminal.
type screen struct {
	ctx     context.Context //nolint:containedctx // it is asked until this ends
	out     any
	changes <-chan os.Signal
	asked   bool
}

// takeTerminal hands every key to the program at the other end, Ctrl-C among
// them, until restore is called.
func takeTerminal(ctx context.Context, in, out any) (s *screen, restore func(), err error) {
	keys, isFile := in.(*os.File)
	if !isFile {
		return nil, nil, errors.New("stdin is no terminal")
	}
	before, err := term.MakeRaw(int(keys.Fd()))
	if err != nil {
		return nil, nil, fmt.Errorf("terminal: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	changes, forget := sizeChanges(ctx)
	s = &screen{ctx: ctx, out: out, changes: changes}
	return s, func() {
		cancel()
		forget()
		_ = term.Restore(int(keys.Fd()), before)
	}, nil
}

// Size gives the size at once, and then whenever it has changed.
func (s *screen) Size() (columns, rows uint16, ok bool) {
	if s.asked {
		select {
		case <-s.ctx.Done():
			return 0, 0, false
		case <-s.changes:
		}
	}
	s.asked = true
	width, height := progress.WidthOf(s.out)(), progress.HeightOf(s.out)()
	if width <= 0 || height <= 0 || width > math.MaxUint16 || height > math.MaxUint16 {
		return 80, 24, true
	}
	return uint16(width), uint16(height), true
}
