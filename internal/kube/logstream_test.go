package kube

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLogStream_takesTheTimeOffEachLine(t *testing.T) {
	long := strings.Repeat("x", maxLogLine)
	stream := ReadLog(io.NopCloser(strings.NewReader(
		"2026-11-23T08:22:05.786414001Z I261123 08:22:05 a line\n" +
			"2026-11-23T08:22:06Z \n" +
			"2026-11-23T08:22:07.5Z " + long + "\n" +
			"no time\n" +
			"2026-11-23T08:22:08Z the last, without its end")))
	defer stream.Close()
	var got []string
	for {
		line, err := stream.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text := line.Time.Format("05.999999999 ") + string(line.Text)
		if len(text) > 200 {
			text = text[:10] + "…"
		}
		got = append(got, text)
	}
	want := []string{"05.786414001 I261123 08:22:05 a line", "06 ", "07.5 xxxxx…", "00 " + long[:23], "00 no time", "08 the last, without its end"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}
