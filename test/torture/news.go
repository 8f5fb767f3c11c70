package torture

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"sync"
)

// archive holds what the server answered to each read at some time: the old
// news with which it may be answered later.
type archive struct {
	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	code   int
	header http.Header
	body   []byte
}

func newArchive() *archive { return &archive{answers: map[string]answer{}} }

// of gives the old answer to a read, if there is one.
func (a *archive) of(r *http.Request) (answer, bool) {
	if a == nil || !reads(r) {
		return answer{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old, ok := a.answers[r.URL.RequestURI()]
	return old, ok
}

// keep takes the first answer to each read.
func (a *archive) keep(from *http.Response) error {
	if a == nil || !reads(from.Request) || streams(from) {
		return nil
	}
	body, err := io.ReadAll(from.Body)
	if err != nil {
		return err
	}
	from.Body = io.NopCloser(bytes.NewReader(body))
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.answers[from.Request.URL.RequestURI()]; !known {
		a.answers[from.Request.URL.RequestURI()] = answer{from.StatusCode, from.Header.Clone(), body}
	}
	return nil
}

// tell answers as the server did then.
func (old answer) tell(w http.ResponseWriter) {
	maps.Copy(w.Header(), old.header)
	w.WriteHeader(old.code)
	_, _ = w.Write(old.body) // a client that is gone needs no answer
}
