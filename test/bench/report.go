package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// setting is where something was measured.
type setting struct {
	commit, kubernetes, processor string
	cores                         int
	memory                        string
	rounds                        int
	at                            time.Time
}

// surroundings describes this machine, and what runs on it.
func surroundings(ctx context.Context, opts options) setting {
	s := setting{cores: runtime.NumCPU(), rounds: opts.Rounds, at: time.Now(), commit: "unknown", kubernetes: "v1.37.2"}
	if said, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output(); err == nil {
		s.commit = strings.TrimSpace(string(said))
	}
	s.processor = field("/proc/cpuinfo", "model name")
	s.memory = field("/proc/meminfo", "MemTotal")
	return s
}

// field is a value from one of the kernel's files.
func field(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// page is the report.
func (f *figures) page(s setting) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Performance\n\nWritten by `make bench`; do not edit. What it measures, and how, is in `test/bench`.\n\n")
	fmt.Fprintf(&b, "%s, commit %s: %d cores (%s), %s of memory, Kubernetes %s on three real machines of `test/localkube`. ", s.at.Format(time.DateOnly), s.commit, s.cores, s.processor, s.memory, s.kubernetes)
	fmt.Fprintf(&b, "The database is the stand-in in `test/standin`, with the delays of the recordings that it follows. %d rounds, each way in turn; medians, and the fastest and slowest in brackets. The machine is shared: read ratios, not seconds.\n", s.rounds)
	fmt.Fprintf(&b, "\n## Three database nodes, from nothing until they serve\n\n")
	fmt.Fprintf(&b, "| way | wall | × %s | of it the cluster's own | CPU of the client | peak memory | API requests | back after the last pod's status |\n|---|---|---|---|---|---|---|---|\n", expert)
	for _, name := range f.names {
		if !isWay(name) {
			continue
		}
		one := f.of[name]
		fmt.Fprintf(&b, "| `%s` | %s | %.2f | %s | %s | %d MB | %d | %s |\n", name, spread(one.wall), f.ratio(name, expert), seconds(median(one.cluster)), seconds(median(one.cpu)), median(one.memory)/1e6, one.requests(), seconds(median(one.after)))
	}
	fmt.Fprintf(&b, "\nThe scripts check nothing: not what is there, not who owns it, not whether the database serves. They run without TLS, and make no user. Memory is that of the largest process. The cluster's own time is that from the StatefulSet to the last status of a pod: images, containers, init, a node's poll of its peers once a second, a probe once a second. No client makes it shorter, and all apply the same StatefulSet but the recipe's.\n")
	fmt.Fprint(&b, aims)
	fmt.Fprintf(&b, "\n## The other commands\n\n| command | wall | CPU | peak memory | API requests |\n|---|---|---|---|---|\n")
	for _, name := range f.names {
		if isWay(name) {
			continue
		}
		one := f.of[name]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d MB | %d |\n", name, spread(one.wall), seconds(median(one.cpu)), median(one.memory)/1e6, one.requests())
	}
	fmt.Fprintf(&b, "\n## Bounds\n\n`make bench-check` fails where one is not kept.\n\n| what | bound | measured |\n|---|---|---|\n")
	for _, bound := range f.bounds() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", bound.what, bound.format(bound.limit), bound.format(bound.got))
	}
	fmt.Fprintf(&b, "\n## What is asked of the API server\n\n")
	for _, name := range f.names {
		if one := f.of[name]; one.requests() > 0 {
			fmt.Fprintf(&b, "- `%s`: %s\n", name, one.kinds())
		}
	}
	return b.String()
}

func isWay(name string) bool {
	return slices.Contains([]string{oursTLS, oursInsecure, expert, recipe}, name)
}

// spread is the median, the fastest and the slowest.
func spread(all []time.Duration) string {
	return fmt.Sprintf("%s (%s–%s)", seconds(median(all)), seconds(slices.Min(all)), seconds(slices.Max(all)))
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
