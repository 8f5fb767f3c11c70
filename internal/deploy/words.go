package deploy

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// firstLine is an error in one line.
func firstLine(err error) string {
	text := err.Error()
	var own *Error
	if errors.As(err, &own) && own.Message != "" {
		text = own.Message
	}
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// roughly writes a duration as people say it: 0.4s, 12s, 3m, 2h, 5d.
func roughly(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// mebibytes writes a number of bytes as Kubernetes does; a part counts as a whole.
func mebibytes(n int64) string { return fmt.Sprintf("%dMi", (n+1<<20-1)>>20) }
