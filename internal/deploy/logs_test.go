package deploy

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/crdb-kube/crdb-kube/internal/kube"
)

func pouringOf(pod, text string) *pouring {
	return &pouring{pod: pod, stream: kube.ReadLog(io.NopCloser(strings.NewReader(text)))}
}

func TestMerge_isInOrderOfTimeAndKeepsEachPodsOwnOrder(t *testing.T) {
	const at = "2026-11-23T08:00:0"
	open := []*pouring{
		pouringOf("a", at+"1Z one\n"+at+"4Z four\n"+at+"4Z four again\n"),
		pouringOf("b", ""),
		pouringOf("c", at+"2Z two\nits rest\n"+at+"3.5Z three\n"+at+"9Z nine\n"),
	}
	var got []string
	err := merge(open, func(pod string, line []byte) error {
		got = append(got, pod+" "+string(line))
		return nil
	})
	if want := "a one|c two|c its rest|c three|a four|a four again|c nine"; err != nil || strings.Join(got, "|") != want {
		t.Errorf("got %s, %v", strings.Join(got, "|"), err)
	}
	for _, one := range open {
		if one == nil {
			t.Fatal("what the caller has to close is gone")
		}
	}
}

func TestMerge_endsWithTheErrorOfWhoeverTakesTheLines(t *testing.T) {
	broken := errors.New("nobody reads")
	count := 0
	err := merge([]*pouring{pouringOf("a", "2026-11-23T08:00:01Z one\n2026-11-23T08:00:02Z two\n")}, func(string, []byte) error {
		count++
		return broken
	})
	if !errors.Is(err, broken) || count != 1 {
		t.Errorf("%d lines, %v", count, err)
	}
}

func TestLogs_refusesPodsOfOthers(t *testing.T) {
	w, _ := running(t)
	access, err := Open(t.Context(), w.client, target())
	wantNoError(t, err)
	opts := LogOptions{Pods: []string{"cockroachdb-0-make"}, Note: func(string) {}, Write: func(string, []byte) error { return nil }}
	if err := access.Logs(t.Context(), opts); err == nil || !strings.Contains(err.Error(), "is none of cluster") {
		t.Errorf("got %v", err)
	}
}
