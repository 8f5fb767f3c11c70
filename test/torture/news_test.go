package torture

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

func TestArchive_answersAsTheServerDidThen(t *testing.T) {
	said := 0
	serve := func(w http.ResponseWriter, _ *http.Request) {
		said++
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"gitVersion":"%d"}`, said)
	}
	past := newArchive()
	before := newBehind(t, always(pass), serve)
	before.keeps = past
	after := newBehind(t, only(2, old), serve)
	after.past = past
	var got []string
	for _, b := range []*behind{before, before, after, after, after} {
		version, err := b.client.ServerVersion()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, version.GitVersion)
	}
	if want := []string{"1", "2", "3", "1", "4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if did := after.events(); len(did) != 1 {
		t.Errorf("it says that it did %v", did)
	}
}

// frame is an event of a watch as the server sends it.
func frame(t *testing.T, kind, name, version string) []byte {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, ResourceVersion: version}}
	info, ok := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), "application/vnd.kubernetes.protobuf")
	if !ok {
		t.Fatal("no protobuf")
	}
	raw, err := runtime.Encode(scheme.Codecs.EncoderForVersion(info.Serializer, corev1.SchemeGroupVersion), pod)
	if err != nil {
		t.Fatal(err)
	}
	e := metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: raw}}
	data, err := e.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBlinking_leavesOutWhatHappenedInBetween(t *testing.T) {
	frames := make(chan []byte, 20)
	for _, text := range [][3]string{
		{"ADDED", "a", "1"},
		{"MODIFIED", "a", "2"},
		{"ADDED", "came-and-went", "3"},
		{"DELETED", "came-and-went", "4"},
		{"BOOKMARK", "a", "5"},
		{"MODIFIED", "a", "6"},
		{"DELETED", "a", "7"},
		{"ADDED", "a", "8"},
		{"MODIFIED", "b", "9"},
		{"DELETED", "b", "10"},
	} {
		frames <- frame(t, text[0], text[1], text[2])
	}
	close(frames)
	var got []string
	err := blinking(frames, func(data []byte) error {
		var e metav1.WatchEvent
		if err := e.Unmarshal(data); err != nil {
			return err
		}
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(e.Object.Raw, nil, nil)
		if pod, ok := object.(*corev1.Pod); ok {
			got = append(got, e.Type+" "+pod.Name+" "+pod.ResourceVersion)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"ADDED a 2", "BOOKMARK a 5", "MODIFIED a 8", "DELETED b 10"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
