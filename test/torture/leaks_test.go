package torture

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// leakTrials run one command many times: nothing grows with their number.
func (a *arena) leakTrials() []trial {
	var all []trial
	for _, often := range []struct {
		args []string
		runs int
	}{
		{[]string{"status"}, 200},
		{[]string{"up"}, 50},
	} {
		runs := often.runs
		if !a.long {
			runs /= 20
		}
		all = append(all, trial{
			section: leaks, row: "`" + strings.Join(often.args, " ") + "`", column: "runs", name: "leak/" + often.args[0],
			run: func(ctx context.Context) outcome { return a.leak(ctx, often.args, runs) },
		})
	}
	return all
}

// leak is one case: what there is after two runs is what there is after many.
func (a *arena) leak(ctx context.Context, args []string, runs int) (out outcome) {
	p, err := a.enter(ctx, verb{setup: [][]string{up(1)}, rows: true})
	if err != nil {
		return wrongly(err.Error())
	}
	defer p.leave(ctx)
	home := p.files + "-home"
	if err := os.MkdirAll(home, 0o700); err != nil {
		return wrongly(err.Error())
	}
	out.counts = runs
	p.direct.home = home
	var objects state
	var files []string
	for n := 1; n <= runs; n++ {
		if c := p.direct.run(ctx, args...); c.code() != 0 {
			out.wrong, out.story = append(out.wrong, fmt.Sprintf("run %d failed", n)), c.String()
			return out
		}
		if n != 2 && n != runs {
			continue
		}
		now, err := p.rests(ctx)
		if err != nil {
			return wrongly(err.Error())
		}
		list, err := filesIn(home)
		if err != nil {
			return wrongly(err.Error())
		}
		if n == 2 {
			objects, files = now, list
			continue
		}
		for _, line := range now.differences(objects) {
			out.wrong = append(out.wrong, "the cluster: "+line)
		}
		if !slices.Equal(files, list) {
			out.wrong = append(out.wrong, fmt.Sprintf("files: %v, were %v", list, files))
		}
	}
	return out
}

// filesIn are all files below a folder.
func filesIn(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, strings.TrimPrefix(path, dir))
		return err
	})
	return all, err
}
