package progress

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// gitlab marks sections as the job log of GitLab CI wants them. They are not
// collapsed; the viewer shows how long each took. No text can pretend to be
// such a mark: the escape sequence and the carriage return that belong to it
// do not pass Clean.
type gitlab struct{}

func (gitlab) through(out io.Writer) io.Writer { return out }

func (g gitlab) begin(step string, began time.Time) string {
	return fmt.Sprintf("\x1b[0Ksection_start:%d:%s[collapsed=false]\r\x1b[0K%s\n", began.Unix(), g.name(step, began), step)
}

func (g gitlab) end(step string, began, now time.Time) string {
	return fmt.Sprintf("\x1b[0Ksection_end:%d:%s\r\x1b[0K\n", now.Unix(), g.name(step, began))
}

func (gitlab) note(string) string { return "" }

// name is the section's, of the few characters that it may have. With the time
// it is the only one of its name, however many commands a job runs.
func (gitlab) name(step string, began time.Time) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '.':
			return r
		}
		return '_'
	}, step)
	return fmt.Sprintf("crdb_kube_%s_%d", plain, began.Unix())
}
