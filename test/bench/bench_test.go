package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCount_takesEachRequestOfTheClientOnce(t *testing.T) {
	const log = `{"auditID":"1","stage":"ResponseComplete","verb":"get","userAgent":"crdb-kube/v1","requestURI":"/version","requestReceivedTimestamp":"2026-11-23T10:00:01Z"}
{"auditID":"2","stage":"ResponseStarted","verb":"watch","userAgent":"crdb-kube/v1","requestURI":"/api/v1/pods?watch=1","objectRef":{"resource":"pods","namespace":"a"},"requestReceivedTimestamp":"2026-11-23T10:00:02Z"}
{"auditID":"2","stage":"ResponseComplete","verb":"watch","userAgent":"crdb-kube/v1","requestURI":"/api/v1/pods?watch=1","objectRef":{"resource":"pods","namespace":"a"},"requestReceivedTimestamp":"2026-11-23T10:00:02Z"}
{"auditID":"3","stage":"ResponseComplete","verb":"patch","userAgent":"kubelet/v1","objectRef":{"resource":"pods","subresource":"status","namespace":"a"},"requestReceivedTimestamp":"2026-11-23T10:00:03Z","stageTimestamp":"2026-11-23T10:00:04Z"}
{"auditID":"4","stage":"ResponseComplete","verb":"patch","userAgent":"kubelet/v1","objectRef":{"resource":"pods","subresource":"status","namespace":"b"},"requestReceivedTimestamp":"2026-11-23T10:00:05Z","stageTimestamp":"2026-11-23T10:00:05Z"}
{"auditID":"5","stage":"ResponseComplete","verb":"get","userAgent":"crdb-kube/v1","requestURI":"/version","requestReceivedTimestamp":"2026-11-23T10:00:09Z"}
{"auditID":"6","st`
	path := filepath.Join(t.TempDir(), "audit.json")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(second int) time.Time { return time.Date(2026, 11, 23, 10, 0, second, 0, time.UTC) }
	got, err := count(path, "crdb-kube", "a", at(0), at(8))
	if err != nil {
		t.Fatal(err)
	}
	if got.total != 2 || got.kinds["watch pods"] != 1 || got.kinds["get /version"] != 1 {
		t.Errorf("got %+v", got)
	}
	if !got.lastStatus.Equal(at(4)) {
		t.Errorf("the last status was at %s", got.lastStatus)
	}
}

func TestMedian_isAValueThatThereWas(t *testing.T) {
	if got := median([]int{9, 1, 5}); got != 5 {
		t.Errorf("got %d", got)
	}
	if got := median([]int{9, 1, 5, 7}); got != 5 {
		t.Errorf("of an even number: got %d", got)
	}
	if got := median([]int(nil)); got != 0 {
		t.Errorf("of none: got %d", got)
	}
}

func TestCheck_namesWhatIsWorseThanItsBound(t *testing.T) {
	f := &figures{}
	f.add(expert, call{wall: 4 * time.Second}, requests{total: 40})
	f.add(oursTLS, call{wall: 3 * time.Second, cpu: 100 * time.Millisecond, memory: 50e6}, requests{total: 40})
	if err := f.check(); err != nil {
		t.Errorf("all is well, and it says %v", err)
	}
	f.add(ourDown, call{wall: 11 * time.Second}, requests{})
	f.of[oursTLS].asked[0].total = 55
	err := f.check()
	if err == nil || !strings.Contains(err.Error(), "API requests of `crdb-kube up`: 55, and at most 54") || !strings.Contains(err.Error(), "`crdb-kube down`: 11.0 s") {
		t.Errorf("got %v", err)
	}
	page := f.page(setting{rounds: 1})
	for _, words := range []string{"| `crdb-kube up` | 3.0 s (3.0 s–3.0 s) | 0.75 |", "| `crdb-kube down` | 11.0 s", "| API requests of `crdb-kube up` | 54 | 55 |"} {
		if !strings.Contains(page, words) {
			t.Errorf("no %q in\n%s", words, page)
		}
	}
}
