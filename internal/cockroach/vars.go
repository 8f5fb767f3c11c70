package cockroach

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Count is a number that may be missing from an answer: unknown is not 0.
type Count struct {
	Value int64
	Known bool
}

func (c *Count) add(value float64) {
	if math.IsNaN(value) || math.Abs(value) >= math.MaxInt64 {
		return
	}
	c.Value += int64(value)
	c.Known = true
}

// Vars is what one CockroachDB node says at VarsPath. Where it has several
// stores, numbers of stores are summed.
type Vars struct {
	// NodeID is the CockroachDB node's number. It has nothing to do with the
	// pod's ordinal.
	NodeID Count
	// LiveNodes is how many CockroachDB nodes this one holds to be live; for a
	// moment 0 after a peer was lost.
	LiveNodes Count
	// Ranges is the number of ranges that this node answers for: the sum over
	// all nodes is the total. Unavailable and UnderReplicated are of those.
	Ranges, Unavailable, UnderReplicated Count
	// Replicas is the number of copies of ranges kept here.
	Replicas Count
	// Capacity and CapacityAvailable are bytes of the whole file system,
	// CapacityUsed those of the store alone.
	Capacity, CapacityUsed, CapacityAvailable Count
	// CAExpires and NodeExpires are when the certificates end that it uses, in
	// seconds since 1970; 0 without TLS.
	CAExpires, NodeExpires Count
	// ClockOffset is the mean distance of this node's clock from those of the
	// others, in nanoseconds; exactly 0: it has not been compared yet.
	ClockOffset Count
	// LicenceLeft is for how many seconds the licence is still good; 0: there
	// is none, less: it has ended.
	LicenceLeft Count
	// Version is the release that runs, such as "v21.1.2"; empty if unknown.
	Version string
}

// counts says which metric fills which field. The names are those of v21.1.2,
// and every later alert rule of the makers still uses them.
func (v *Vars) counts() map[string]*Count {
	return map[string]*Count{
		"node_id":                &v.NodeID,
		"liveness_livenodes":     &v.LiveNodes,
		"ranges":                 &v.Ranges,
		"ranges_unavailable":     &v.Unavailable,
		"ranges_underreplicated": &v.UnderReplicated,
		"replicas":               &v.Replicas,
		"capacity":               &v.Capacity,
		"capacity_used":          &v.CapacityUsed,
		"capacity_available":     &v.CapacityAvailable,

		"security_certificate_expiration_ca":   &v.CAExpires,
		"security_certificate_expiration_node": &v.NodeExpires,

		"clock_offset_meannanos":                  &v.ClockOffset,
		"seconds_until_enterprise_license_expiry": &v.LicenceLeft,
	}
}

// ParseVars reads the Prometheus text at VarsPath. It takes the lines in any
// order and passes over what it does not know. An answer without one known
// metric is an error.
func ParseVars(body []byte) (Vars, error) {
	var v Vars
	counts := v.counts()
	for line := range strings.Lines(string(body)) {
		s, ok := parseSample(line)
		if !ok || !strings.HasSuffix(line, "\n") { // a last line without its end was cut off
			continue
		}
		if count := counts[s.name]; count != nil {
			count.add(s.value)
		}
		if s.name == "build_timestamp" {
			v.Version = s.label("tag")
		}
	}
	for _, count := range counts {
		if count.Known {
			return v, nil
		}
	}
	return Vars{}, errors.New("metrics: none known in the answer")
}

// sample is one line of the Prometheus text format:
//
//	name{label="value",…} number [timestamp]
type sample struct {
	name, labels string
	value        float64
}

func parseSample(line string) (sample, bool) {
	line = strings.TrimSpace(line)
	end := strings.IndexAny(line, "{ \t")
	if end <= 0 || line[0] == '#' {
		return sample{}, false
	}
	s := sample{name: line[:end]}
	rest := line[end:]
	if rest[0] == '{' {
		end = labelsEnd(rest)
		if end < 0 {
			return sample{}, false
		}
		s.labels, rest = rest[1:end], rest[end+1:]
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return sample{}, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	s.value = value
	return s, err == nil
}

// labelsEnd is the place of the closing brace, which may also stand inside a
// quoted value; -1 if there is none.
func labelsEnd(text string) int {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case !quoted && text[i] == '}':
			return i
		}
	}
	return -1
}

// label is the value of one label; empty if it is not there.
func (s sample) label(name string) string {
	rest := s.labels
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		quoted, err := strconv.QuotedPrefix(strings.TrimSpace(after))
		if !ok || err != nil {
			return ""
		}
		if strings.Trim(key, ", \t") == name {
			value, _ := strconv.Unquote(quoted)
			return value
		}
		rest = strings.TrimSpace(after)[len(quoted):]
	}
	return ""
}
