package cockroach

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// merge lays the documents that are about one object over it. The object is
// an apply configuration as JSON: fields that nobody set are not in it, and
// none appear.
func merge(object []byte, documents []document, kind, name string) ([]byte, *Fault) {
	for _, d := range documents {
		if d.kind != kind || d.name != name {
			continue
		}
		change, err := json.Marshal(d.fields)
		if err != nil {
			return nil, d.fault("", "%v", err)
		}
		merged, err := strategicpatch.StrategicMergePatch(object, change, typed(kind))
		if err != nil {
			return nil, d.fault("docs/patch.md says how fields are merged", "%v", err)
		}
		if err := checkFields(merged, kind); err != nil {
			return nil, d.fault("kubectl explain "+strings.ToLower(kind)+" lists the fields", "%v", err)
		}
		object = merged
	}
	return object, nil
}

// checkFields refuses fields that do not exist, and values of the wrong type. The
// error names the field with its way from the top.
func checkFields(object []byte, kind string) error {
	scheme := runtime.NewScheme() // knows no type, so that the one given is filled
	strict := serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, serializer.SerializerOptions{Strict: true})
	_, _, err := strict.Decode(object, nil, typed(kind))
	text := ""
	switch several, ok := runtime.AsStrictDecodingError(err); {
	case err == nil:
		return nil
	case ok && len(several.Errors()) > 0:
		text = several.Errors()[0].Error()
	default:
		text = strings.TrimPrefix(err.Error(), "json: ")
	}
	return errors.New(text)
}

// configuration is an apply configuration of a kind that can be patched.
type configuration[T any] interface {
	*T
	Object
	GetKind() *string
	GetName() *string
}

// patched is the object with the cluster's patch merged over it.
func patched[T any, P configuration[T]](c Cluster, object P) (P, error) {
	if c.Patch == "" {
		return object, nil
	}
	documents, fault := c.parsePatch()
	if fault != nil {
		return nil, fault
	}
	before, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", *object.GetKind(), *object.GetName(), err)
	}
	after, fault := merge(before, documents, *object.GetKind(), *object.GetName())
	if fault != nil {
		return nil, fault
	}
	result := P(new(T))
	if err := json.Unmarshal(after, result); err != nil {
		return nil, fmt.Errorf("%s %s: %w", *object.GetKind(), *object.GetName(), err)
	}
	return result, nil
}
