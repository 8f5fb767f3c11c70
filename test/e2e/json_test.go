package e2e

import (
	"encoding/json"
	"strings"

	"github.com/crdb-kube/crdb-kube/test/schema"
)

// event is one line of --progress=json. The last one says how it ended.
type event struct {
	Step, Subject, State, Message string
	ExitCode                      *int
	Seen                          []string
	Next                          string
	Cause                         struct{ ID string }
}

// holdsTo wants all JSON to be as its schema says, and the last of the JSON
// lines to tell the exit code, unless the program was killed.
func (r result) holdsTo() {
	r.t.Helper()
	for command, name := range map[string]string{"crdb-kube status -o json": "status", "crdb-kube certs -o json": "certs", "crdb-kube url -o json": "url", "crdb-kube doctor -o json": "doctor"} {
		if strings.HasPrefix(r.command, command) && r.stdout != "" {
			r.isAs(name, []byte(r.stdout), (*schema.Schema).Check)
		}
	}
	if !strings.Contains(r.command, "--progress json") || r.code < 0 {
		return
	}
	r.isAs("events", []byte(r.stderr), (*schema.Schema).CheckLines)
	if end := r.end(); end.ExitCode == nil || *end.ExitCode != r.code {
		r.t.Errorf("%s: exit code %d, and the last line is not that\n%s", r.command, r.code, r.all())
	}
}

func (r result) isAs(name string, text []byte, check func(*schema.Schema, []byte) error) {
	r.t.Helper()
	held, err := schema.Read("../../docs/schema/" + name + ".json")
	if err != nil {
		r.t.Fatal(err)
	}
	if err := check(held, text); err != nil {
		r.t.Errorf("%s: is not as docs/schema/%s.json says: %v", r.command, name, err)
	}
}

// end is the last of the JSON lines.
func (r result) end() event {
	events := r.events()
	if len(events) == 0 {
		return event{}
	}
	return events[len(events)-1]
}

// events are the lines of --progress=json.
func (r result) events() []event {
	return eventsIn(r.stderr)
}

// eventsIn passes over what is no JSON: the failure text, a torn last line.
func eventsIn(stderr string) []event {
	var all []event
	for line := range strings.Lines(stderr) {
		var e event
		if json.Unmarshal([]byte(line), &e) == nil {
			all = append(all, e)
		}
	}
	return all
}
