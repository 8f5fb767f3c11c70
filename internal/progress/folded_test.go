package progress

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// readable makes the escape sequences of a golden file readable.
func readable(text string) string {
	return strings.NewReplacer("\x1b", `\e`, "\r", `\r`).Replace(text)
}

func TestFolded_isAsInItsGoldenFiles(t *testing.T) {
	for _, mode := range []Mode{GitHub, GitLab} {
		for name, story := range map[string][]moment{"well": goingWell(), "wrong": goingWrong(), "hostile": hostile()} {
			t.Run(string(mode)+" "+name, func(t *testing.T) {
				golden(t, string(mode)+"-"+name+".txt", readable(printed(t, Options{Mode: mode}, story)))
			})
		}
	}
	golden(t, "gitlab-colour.txt", readable(printed(t, Options{Mode: GitLab, Color: ColorAlways}, goingWrong())))
}

// TestFolded_saysWhatPlainSays takes the marks away again, and notes, which
// GitHub has in a form of its own.
func TestFolded_saysWhatPlainSays(t *testing.T) {
	marks := regexp.MustCompile(`(?m)^::(end)?group::.*\n|` + sectionMarks().String() + `.*\n`)
	notes := regexp.MustCompile(`(?m)^(::warning|[0-9:]{8} (\w+ +)?note:? ).*\n`)
	for name, story := range map[string][]moment{"well": goingWell(), "wrong": goingWrong(), "hostile": hostile()} {
		want := notes.ReplaceAllString(printed(t, Options{Mode: Plain}, story), "")
		for _, mode := range []Mode{GitHub, GitLab} {
			got := printed(t, Options{Mode: mode}, story)
			if !marks.MatchString(got) {
				t.Errorf("%s %s: has no marks", mode, name)
			}
			if got = notes.ReplaceAllString(marks.ReplaceAllString(got, ""), ""); got != want {
				t.Errorf("%s %s: says\n%s\nplain says\n%s", mode, name, got, want)
			}
		}
	}
}

func TestFolded_givesASignOfLifeInItsGroup(t *testing.T) {
	got := printed(t, Options{Mode: GitHub}, []moment{at(0, said("check", Running, "")), look(31 * time.Second), at(0, said("check", Done, "well"))})
	want := "::group::check\n14:02:41 check    still waiting after 30s\n::endgroup::\n14:02:42 check    well\n"
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestFolded_neverHasTwoGroupsAtOnce(t *testing.T) {
	side := []moment{
		at(0, said("stop", Running, "one")), at(0, said("remove", Running, "two")), look(2 * time.Second),
		at(0, pod("stop", "x-0", Ready, "")), at(0, pod("remove", "x-1", Ready, "")), at(0, Event{State: Plan, Message: "and"}),
		at(0, pod("stop", "x-2", Ready, "")), at(0, said("stop", Failed, "")), at(0, pod("remove", "x-3", Ready, "")),
	}
	for mode, marks := range map[Mode][2]string{GitHub: {"::group::", "::endgroup::"}, GitLab: {"section_start:", "section_end:"}} {
		open, begun := 0, 0
		for line := range strings.Lines(printed(t, Options{Mode: mode}, side)) {
			switch {
			case strings.Contains(line, marks[0]):
				open++
				begun++
			case strings.Contains(line, marks[1]):
				open--
			case strings.HasSuffix(line, " and\n") && open != 0:
				t.Errorf("%s: what is about no step is folded", mode)
			}
			if open < 0 || open > 1 {
				t.Fatalf("%s: %d groups are open", mode, open)
			}
		}
		if open != 0 || begun < 4 {
			t.Errorf("%s: %d groups begun, %d left open", mode, begun, open)
		}
	}
}

func TestFolded_leavesTheGroupForAQuestionAndWhenTheStepFailsAndAtTheEnd(t *testing.T) {
	for _, leave := range []func(p *Printer, say func()){
		func(p *Printer, say func()) { p.Aside(say) },
		func(p *Printer, say func()) { p.Report(said("stop", Failed, "no")); say() },
		func(p *Printer, say func()) { p.Close(); say() },
	} {
		var b strings.Builder
		bubble(t, func(*testing.T) {
			p := New(&b, Options{Mode: GitHub, Now: utc})
			play(p, []moment{at(0, pod("stop", "x", Ready, ""))}, nil)
			leave(p, func() { b.WriteString("now\n") })
			p.Close()
		})
		if !strings.Contains(b.String(), "::group::stop\n14:02:11 stop     pod/x ready\n::endgroup::\nnow\n") {
			t.Errorf("printed\n%s", &b)
		}
	}
}
