package cockroach

import (
	"regexp"
	"slices"
	"strings"
)

// Trouble is what words of CockroachDB's mean, where that is known.
type Trouble string

// The troubles that are told apart.
const (
	StoreNotWritable    Trouble = "store not writable"
	DiskFull            Trouble = "disk full"
	StoreTooOld         Trouble = "store too old"
	StoreTooNew         Trouble = "store too new"
	OtherCluster        Trouble = "store of another cluster"
	Decommissioned      Trouble = "decommissioned"
	BadFlag             Trouble = "bad flag"
	CertificateUnusable Trouble = "certificate unusable"
	CertificateRefused  Trouble = "certificate refused"
	NameNotFound        Trouble = "name not found"
	ClockOff            Trouble = "clock off"
)

// Exit codes of the server that mean the same whatever it said.
//
// Source: 4 and 6 recorded from v21.1.2 (a bad flag; a log that cannot be
// written, as on a full disk); 10 is documented for newer releases.
const (
	exitBadFlag  = 4
	exitLogging  = 6
	exitDiskFull = 10
)

// phrase is a text, in parts that all have to be in one line, and its meaning.
type phrase struct {
	trouble Trouble
	parts   []string
}

// phrases are in the order in which a line is tried.
//
// Sources: recorded from v21.1.2, but for the versions of stores, whose texts
// stand in the sources of v2.1 to v26.2 in three forms, and the clock, which
// users of several releases have reported.
func phrases() []phrase {
	return []phrase{
		{StoreNotWritable, []string{storePath, "permission denied"}},
		{DiskFull, []string{"no space left on device"}},
		{StoreTooOld, []string{"is too old for running version"}},
		{StoreTooNew, []string{"is incompatible with data in store"}},
		{StoreTooNew, []string{"is too high for running version"}},
		{StoreTooNew, []string{"requires at least cockroach version"}},
		{OtherCluster, []string{"doesn't match server cluster ID"}},
		{Decommissioned, []string{"was permanently removed from the cluster"}},
		{BadFlag, []string{"unknown flag: "}},
		{BadFlag, []string{"invalid argument ", " flag: "}},
		{CertificateUnusable, []string{"problem using security settings"}},
		{CertificateUnusable, []string{"problem with ", " certificate: "}},
		{CertificateUnusable, []string{"could not stat key file"}},
		{CertificateUnusable, []string{"private key does not match public key"}},
		{CertificateUnusable, []string{"no certificates found in "}},
		{CertificateUnusable, []string{"node certificate has principals"}},
		{CertificateRefused, []string{"x509: "}},
		{NameNotFound, []string{"join rpc", "no such host"}},
		{NameNotFound, []string{"failed to start gossip client", "no such host"}},
		{ClockOff, []string{"clock synchronization error"}},
	}
}

// Recognise finds the last line whose meaning is known in what a server said,
// in its log or before it ended, and gives the line as it reads without the
// log's prefix and marks. Empty: there is none.
func Recognise(text string) (Trouble, string) {
	if text == "" { // most pods say nothing, and all are asked at each look
		return "", ""
	}
	var found Trouble
	var said string
	known := phrases()
	for line := range strings.Lines(text) {
		i := slices.IndexFunc(known, func(one phrase) bool { return one.in(line) })
		if i < 0 || (known[i].trouble == NameNotFound && found != "" && found != NameNotFound) {
			continue // a name that is not found may be what follows from another trouble
		}
		found, said = known[i].trouble, bare(line)
	}
	return found, said
}

// RecogniseExit is Recognise for a server that has ended.
func RecogniseExit(code int32, text string) (Trouble, string) {
	trouble, said := Recognise(text)
	if trouble != "" {
		return trouble, said
	}
	switch code {
	case exitBadFlag:
		return BadFlag, LastWords(text)
	case exitLogging, exitDiskFull:
		return DiskFull, LastWords(text)
	}
	return "", LastWords(text)
}

// twoClusters are the IDs in the words of a node that was refused by a node of
// another cluster, its own one first.
var twoClusters = regexp.MustCompile(`client cluster ID "([^"]+)" doesn't match server cluster ID "([^"]+)"`)

// OwnCluster is the ID of the cluster that the sender of these words, which mean
// OtherCluster, has in its store; empty: it does not say.
func OwnCluster(words string) string {
	if match := twoClusters.FindStringSubmatch(words); match != nil {
		return match[1]
	}
	return ""
}

func (s phrase) in(line string) bool {
	for _, part := range s.parts {
		if !strings.Contains(line, part) {
			return false
		}
	}
	return true
}

// logPrefix is what stands before the message of a log line: severity, date,
// time, goroutine, file, mark, tags and counter.
var logPrefix = regexp.MustCompile(`^[IWEF]\d{6} \d\d:\d\d:\d\d\.\d+ \d+ \S+\s+(⋮\s+)?(\[[^\]]*\]\s*)?(\d+\s+)?\+?`)

// bare is a line without the log's prefix, the marks of what may be redacted,
// and the word that begins an error.
func bare(line string) string {
	line = logPrefix.ReplaceAllString(strings.TrimSpace(line), "")
	line = strings.NewReplacer("‹", "", "›", "").Replace(line)
	return strings.TrimPrefix(strings.TrimSpace(line), "ERROR: ")
}
