package torture

import (
	"strings"
	"testing"
)

func TestReport_saysWhatWasTriedAndWhatFailed(t *testing.T) {
	r := newReport(7)
	r.tried(crashes, "`up`", "killed before", 1)
	r.tried(crashes, "`up`", "killed before", 1)
	r.tried(crashes, "`down`", "killed after", 1)
	r.rows(10, 1)
	r.failed(failure{Case: "crash/up/3", Wrong: []string{"1 acknowledged row is lost\nmore"}})
	r.leftOut(map[string]int{"Races, up and up": 4})
	var page strings.Builder
	r.write(&page)
	for _, words := range []string{
		"3 cases", "seed 7", "**1 failed.**", "Of 10 acknowledged rows", "**1 were lost**",
		"| | killed after | killed before |", "| `down` | 1 | 0 |", "| `up` | 0 | 2 |",
		"- crash/up/3\n  - 1 acknowledged row is lost\n", "- Races, up and up: 4", "- `" + ignored[0] + "`",
	} {
		if !strings.Contains(page.String(), words) {
			t.Errorf("no %q in\n%s", words, page.String())
		}
	}
}

func TestReport_explainsEachKind(t *testing.T) {
	for _, title := range order() {
		if about[title] == "" {
			t.Errorf("nothing about %s", title)
		}
	}
}
