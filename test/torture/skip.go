package torture

import (
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
)

// blink is for how long a watcher with its eyes closed sees nothing; what then
// is told of each object is its last state only.
const blink = 2 * time.Second

// skip makes a watch leave out what happened in between, as one does that had
// to list anew. Only watches in protobuf are known here, as crdb-kube's are.
func skip(from *http.Response) {
	if !strings.Contains(from.Header.Get("Content-Type"), "protobuf") {
		return
	}
	frames := make(chan []byte)
	out, in := io.Pipe()
	body := from.Body
	go func() {
		defer close(frames)
		reader := protobuf.LengthDelimitedFramer.NewFrameReader(body)
		for {
			frame, err := readFrame(reader)
			if err != nil {
				return
			}
			frames <- frame
		}
	}()
	go func() {
		writer := protobuf.LengthDelimitedFramer.NewFrameWriter(in)
		in.CloseWithError(blinking(frames, func(frame []byte) error {
			_, err := writer.Write(frame)
			return err
		}))
		body.Close()
		for range frames {
			continue // its writer must not wait for ever
		}
	}()
	from.Body = out
}

func readFrame(from io.Reader) ([]byte, error) {
	var frame []byte
	part := make([]byte, 64<<10)
	for {
		n, err := from.Read(part)
		frame = append(frame, part[:n]...)
		if err != io.ErrShortBuffer { //nolint:errorlint // given as it is
			return frame, err
		}
	}
}

// blinking passes frames on, those of one object within a blink as one.
func blinking(frames <-chan []byte, send func([]byte) error) error {
	var seen unsent
	open := time.NewTicker(blink)
	defer open.Stop()
	for {
		select {
		case frame, more := <-frames:
			if !more {
				return seen.send(send)
			}
			if !seen.take(frame) { // a bookmark, or what is not known: in its order
				if err := seen.send(send); err != nil {
					return err
				}
				if err := send(frame); err != nil {
					return err
				}
			}
		case <-open.C:
			if err := seen.send(send); err != nil {
				return err
			}
		}
	}
}

// unsent are the events of one blink: the last one of each object.
type unsent struct {
	order []string
	last  map[string]metav1.WatchEvent
	first map[string]string
}

// take keeps an event; false: it is not one of an object.
func (u *unsent) take(frame []byte) bool {
	var e metav1.WatchEvent
	if e.Unmarshal(frame) != nil || e.Type == string(watch.Bookmark) || e.Type == string(watch.Error) {
		return false
	}
	name := nameOf(e.Object)
	if name == "" {
		return false
	}
	if u.last == nil {
		u.last, u.first = map[string]metav1.WatchEvent{}, map[string]string{}
	}
	if _, known := u.last[name]; !known {
		u.order = append(u.order, name)
		u.first[name] = e.Type
	}
	u.last[name] = e
	return true
}

func nameOf(raw runtime.RawExtension) string {
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(raw.Raw, nil, nil)
	if err != nil {
		return ""
	}
	about, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	return about.GetName()
}

// send gives what is left of the blink: of an object that came and went
// nothing, of one that went and came again only that it is another.
func (u *unsent) send(send func([]byte) error) error {
	for _, name := range u.order {
		e, first := u.last[name], u.first[name]
		switch {
		case first == string(watch.Added) && e.Type == string(watch.Deleted):
			continue
		case first == string(watch.Added):
			e.Type = first
		case e.Type == string(watch.Added):
			e.Type = string(watch.Modified)
		}
		frame, err := e.Marshal()
		if err == nil {
			err = send(frame)
		}
		if err != nil {
			return err
		}
	}
	*u = unsent{}
	return nil
}
