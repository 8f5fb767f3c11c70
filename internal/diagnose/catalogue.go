package diagnose

import (
	"slices"
	"strings"

	"github.com/crdb-kube/crdb-kube/internal/progress"
)

// Entry is what the catalogue says of one cause.
type Entry struct {
	// ID is stable: scripts may depend on it.
	ID    string
	Class progress.Class
	// Means says in a sentence or two what is wrong.
	Means string
	// Seen is what it is concluded from.
	Seen string
	// Do is what ends it.
	Do string
}

// Catalogue are all causes that are told apart, by subject.
func Catalogue() []Entry {
	return slices.Concat(
		imageEntries(), containerEntries(), creationEntries(), schedulingEntries(),
		volumeEntries(), nodeEntries(), storeEntries(), databaseEntries(), clusterEntries(),
	)
}

// Lookup finds an entry by its ID, in whatever case it is written.
func Lookup(id string) (Entry, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(e Entry) bool {
		return strings.EqualFold(e.ID, strings.ReplaceAll(id, "-", "_"))
	})
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}

// because is a cause of the catalogue, for what was found. The class is the
// catalogue's.
func because(id, sentence, next string, evidence ...progress.Evidence) *progress.Cause {
	entry, _ := Lookup(id)
	return &progress.Cause{ID: id, Class: entry.Class, Sentence: sentence, Evidence: evidence, Next: next}
}
