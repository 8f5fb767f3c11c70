package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// What an API server says is foreign text, and so is what others wrote into its
// objects.

func FuzzReadLog(f *testing.F) {
	f.Add([]byte("2026-01-01T00:00:00.5Z one\n2026-01-01T00:00:01Z \nthree\n\n2026 four"))
	f.Add(bytes.Repeat([]byte("x"), maxLogLine+1))
	f.Fuzz(func(t *testing.T, text []byte) {
		log := ReadLog(io.NopCloser(bytes.NewReader(text)))
		read, rest := 0, text
		for {
			line, err := log.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || read > len(text) {
				t.Fatalf("after %d lines: %v", read, err)
			}
			read++
			i := bytes.Index(rest, line.Text)
			if i < 0 || len(line.Text) > maxLogLine {
				t.Fatalf("%q is not in what is left: %q", line.Text, rest)
			}
			rest = rest[i+len(line.Text):]
		}
		// A line may be nothing but its time.
		rest = bytes.TrimSuffix(bytes.Trim(rest, "\n"), []byte(" "))
		if _, err := time.Parse(time.RFC3339Nano, string(rest)); len(rest) > 0 && err != nil {
			t.Errorf("left unread: %q", rest)
		}
	})
}

func FuzzHolder(f *testing.F) {
	f.Add("up@laptop/4711/abc")
	f.Add("//@\x1b")
	f.Fuzz(func(t *testing.T, identity string) {
		lease := &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &identity, AcquireTime: &metav1.MicroTime{Time: time.Unix(0, 0)}}}
		holder := holderOf(lease)
		if holder.Token == "" && identity != "" && !strings.HasSuffix(identity, "/") {
			t.Errorf("%q: nobody holds it", identity)
		}
		if holder.PID != 0 {
			again := holder.identity()
			if lease.Spec.HolderIdentity = &again; holderOf(lease) != holder {
				t.Errorf("%q: %+v is read as %+v", identity, holder, holderOf(lease))
			}
		}
		_ = holder.String()
	})
}

func FuzzExplain(f *testing.F) {
	f.Add(`pods "x" is forbidden: User "u" cannot get resource "pods/exec" in API group "" in the namespace "n"`)
	f.Add(`forbidden: User "u" cannot get path "/version"`)
	f.Add(`serializer for text/html doesn't exist`)
	f.Add(`conflict with "kubectl" with subresource "scale" using apps/v1`)
	c := &Client{server: "https://there"}
	f.Fuzz(func(t *testing.T, said string) {
		err := c.explain(t.Context(), "pod/x", errors.New(said))
		if err == nil || err.Error() == "" {
			t.Fatalf("%q: says nothing", said)
		}
		if IsForbidden(err) && !strings.Contains(said, "forbidden: User ") {
			t.Errorf("%q is no missing permission", said)
		}
		_ = manager(said)
		if status := statusOf(Answer{Status: 503, Body: []byte(said)}); status != nil {
			_ = unreached(status)
		}
	})
}

// FuzzOwners reads who owns which field, and finds the values of these fields.
func FuzzOwners(f *testing.F) {
	object := `{"spec":{"a":[{"name":"x","v":1},{"name":"y"}],"b":[1,2],"c":{"d.e":null}}}`
	for _, fields := range []string{
		`{"f:spec":{"f:a":{"k:{\"name\":\"x\"}":{".":{},"f:v":{}}},"f:b":{"v:1":{},"i:0":{}},"f:c":{"f:d.e":{}}}}`,
		`{"f:spec":{"f:b":{"i:-1":{},"i:9":{}}}}`, `{"f:":{}}`, `{".":{}}`, `{"k:{}":{}}`,
	} {
		f.Add(fields, object)
	}
	f.Fuzz(func(_ *testing.T, fields, object string) {
		var live map[string]any
		if json.Unmarshal([]byte(object), &live) != nil {
			return
		}
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{ManagedFields: []metav1.ManagedFieldsEntry{
			{Manager: "other", Operation: metav1.ManagedFieldsOperationApply, FieldsV1: metav1.NewFieldsV1(fields)},
		}}}
		who, err := ownersOf(pod)
		if err != nil {
			return
		}
		for _, one := range who {
			for _, change := range changesAt(one.fields, live, nil, who) {
				_ = change.Path
			}
			_ = who.alone(live, one.fields, nil)
			_ = who.alone(live, &fieldpath.Set{}, who)
		}
	})
}
