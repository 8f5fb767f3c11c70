package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/kubernetes/scheme"
)

// object is an API object as JSON has it.
type object = map[string]any

// world is an API server that speaks as much of Kubernetes as this program
// asks for, and says whatever a test wants it to. What is not changed is a
// healthy insecure cluster of three in the namespace default.
type world struct {
	*httptest.Server
	// secure is the same with TLS, without which client-go logs nobody in.
	secure *httptest.Server

	// objects are by plural and name.
	objects map[string]map[string]object
	// answers replace the answer to paths that contain the key.
	answers map[string]http.HandlerFunc
	// logs and vars are what each pod has logged, and what its metrics say.
	logs, vars string

	mu     sync.Mutex
	asked  int
	writes []string
}

// kinds are what the server knows of its resources: plural, kind and group.
func kinds() map[string][2]string {
	return map[string][2]string{
		"configmaps":             {"ConfigMap", "v1"},
		"controllerrevisions":    {"ControllerRevision", "apps/v1"},
		"events":                 {"Event", "v1"},
		"jobs":                   {"Job", "batch/v1"},
		"leases":                 {"Lease", "coordination.k8s.io/v1"},
		"limitranges":            {"LimitRange", "v1"},
		"namespaces":             {"Namespace", "v1"},
		"nodes":                  {"Node", "v1"},
		"persistentvolumeclaims": {"PersistentVolumeClaim", "v1"},
		"persistentvolumes":      {"PersistentVolume", "v1"},
		"poddisruptionbudgets":   {"PodDisruptionBudget", "policy/v1"},
		"pods":                   {"Pod", "v1"},
		"resourcequotas":         {"ResourceQuota", "v1"},
		"secrets":                {"Secret", "v1"},
		"services":               {"Service", "v1"},
		"statefulsets":           {"StatefulSet", "apps/v1"},
		"storageclasses":         {"StorageClass", "storage.k8s.io/v1"},
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	vars, err := os.ReadFile("../../internal/cockroach/testdata/vars_3_live.prom")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{objects: healthy(), answers: map[string]http.HandlerFunc{}, vars: string(vars), logs: "started\n"}
	w.Server, w.secure = httptest.NewUnstartedServer(w), httptest.NewUnstartedServer(w)
	for _, server := range []*httptest.Server{w.Server, w.secure} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0) //nolint:forbidigo // what breaks a connection is meant to
		t.Cleanup(server.CloseClientConnections)
	}
	w.Start()
	w.secure.StartTLS()
	return w
}

// harmless are requests that are no reads and change nothing that lasts: the
// lock, questions about permissions, dry runs, and ways into a pod.
func harmless(req *http.Request) bool {
	for _, part := range []string{"/leases", "/selfsubject", "/portforward", "/exec"} {
		if strings.Contains(req.URL.Path, part) {
			return true
		}
	}
	return req.URL.Query().Has("dryRun")
}

func (w *world) ServeHTTP(out http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	w.asked++
	if req.Method != http.MethodGet && !harmless(req) {
		w.writes = append(w.writes, req.Method+" "+req.URL.Path)
	}
	w.mu.Unlock()
	for path, answer := range w.answers {
		if strings.Contains(req.URL.Path, path) {
			answer(out, req)
			return
		}
	}
	body, _ := io.ReadAll(req.Body)
	switch {
	case req.URL.Path == "/version":
		say(out, 200, object{"major": "1", "minor": "37", "gitVersion": "v1.37.2"})
	case strings.Contains(req.URL.Path, "selfsubject"):
		review := sent(body)
		all := []string{"*"}
		review["status"] = object{
			"allowed": true, "incomplete": false, "nonResourceRules": []any{},
			"resourceRules": []any{object{"verbs": all, "apiGroups": all, "resources": all}},
		}
		say(out, 201, review)
	case strings.Contains(req.URL.Path, "/proxy/_status/vars"):
		_, _ = io.WriteString(out, w.vars)
	case strings.Contains(req.URL.Path, "/proxy/"):
		say(out, 200, object{})
	case strings.HasSuffix(req.URL.Path, "/log"):
		_, _ = io.WriteString(out, w.logs)
	default:
		w.resource(out, req, body)
	}
}

// resource answers for the objects.
func (w *world) resource(out http.ResponseWriter, req *http.Request, body []byte) {
	words := strings.Split(strings.Trim(req.URL.Path, "/"), "/")
	for i, word := range words {
		kind, known := kinds()[word]
		if !known || word == "namespaces" && i+2 < len(words) {
			continue
		}
		name := strings.Join(words[i+1:], "/")
		switch {
		case req.Method == http.MethodPost, req.Method == http.MethodPut, req.Method == http.MethodPatch:
			made := sent(body)
			if metadata, ok := made["metadata"].(object); ok {
				metadata["uid"], metadata["resourceVersion"] = "1", "1"
			}
			say(out, 201, made)
		case req.Method == http.MethodDelete:
			say(out, 200, object{"kind": "Status", "apiVersion": "v1", "status": "Success"})
		case req.URL.Query().Get("watch") != "":
			w.watch(out, req, word)
		case name == "":
			items := w.list(req, word)
			say(out, 200, object{"kind": kind[0] + "List", "apiVersion": kind[1], "metadata": object{"resourceVersion": "1"}, "items": items})
		case w.objects[word][name] == nil:
			say(out, 404, status(404, "NotFound", fmt.Sprintf("%s %q not found", word, name)))
		default:
			say(out, 200, w.objects[word][name])
		}
		return
	}
	say(out, 404, status(404, "NotFound", "the server could not find the requested resource"))
}

// sent is the object in a request, which travels as protobuf but where it is
// applied.
func sent(body []byte) object {
	made := object{}
	if one, kind, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil); err == nil {
		one.GetObjectKind().SetGroupVersionKind(*kind)
		body, _ = json.Marshal(one)
	}
	_ = json.Unmarshal(body, &made)
	return made
}

// watch says what there is, and nothing more until the client has gone.
func (w *world) watch(out http.ResponseWriter, req *http.Request, plural string) {
	encoder := json.NewEncoder(out)
	if req.URL.Query().Get("sendInitialEvents") != "" {
		for _, one := range w.list(req, plural) {
			_ = encoder.Encode(object{"type": "ADDED", "object": one})
		}
		kind := kinds()[plural]
		_ = encoder.Encode(object{"type": "BOOKMARK", "object": object{"kind": kind[0], "apiVersion": kind[1], "metadata": object{
			"resourceVersion": "1", "annotations": object{"k8s.io/initial-events-end": "true"},
		}}})
	}
	if flusher, ok := out.(http.Flusher); ok {
		flusher.Flush()
	}
	<-req.Context().Done()
}

// list selects by label and name.
func (w *world) list(req *http.Request, plural string) []object {
	items := []object{}
	for _, name := range slices.Sorted(maps.Keys(w.objects[plural])) {
		one := w.objects[plural][name]
		if want, ok := strings.CutPrefix(req.URL.Query().Get("fieldSelector"), "metadata.name="); ok && want != name {
			continue
		}
		metadata, _ := one["metadata"].(object)
		labels, _ := metadata["labels"].(object)
		selected := true
		for term := range strings.SplitSeq(req.URL.Query().Get("labelSelector"), ",") {
			key, value, _ := strings.Cut(term, "=")
			selected = selected && (term == "" || labels[key] == value)
		}
		if selected {
			items = append(items, one)
		}
	}
	return items
}

func status(code int, reason, message string) object {
	return object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message}
}

func say(out http.ResponseWriter, code int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(code)
	_ = json.NewEncoder(out).Encode(body)
}

// says answers with these bytes, whatever is asked.
func says(code int, contentType, text string) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", contentType)
		out.WriteHeader(code)
		_, _ = io.WriteString(out, text)
	}
}
