package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/crdb-kube/crdb-kube/internal/cli"
)

const (
	module  = "github.com/crdb-kube/crdb-kube/"
	dialect = "https://json-schema.org/draft/2020-12/schema"

	schemaMark = "Written by `make generate` from the types in the program."
)

// schemas is a file for each kind of JSON that the program prints, by name,
// made from the types that it prints and the constants in the sources at root.
func schemas(root string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, document := range cli.Documents() {
		schema, err := schemaOf(root, document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		schema.Schema, schema.Title, schema.Comment = dialect, document.Title, schemaMark
		text, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name+".json"] = append(text, '\n')
	}
	return files, nil
}

// schemaOf is what a value of one of the document's types looks like.
func schemaOf(root string, document cli.Document) (*jsonschema.Schema, error) {
	var all []*jsonschema.Schema
	for _, one := range document.Types {
		known := map[reflect.Type]*jsonschema.Schema{reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"}}
		if err := addEnums(root, one, known); err != nil {
			return nil, err
		}
		schema, err := jsonschema.ForType(one, &jsonschema.ForOptions{TypeSchemas: known})
		if err != nil {
			return nil, err
		}
		loosen(schema)
		schema.Properties["schemaVersion"].Const = jsonschema.Ptr[any](document.Version)
		all = append(all, schema)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return &jsonschema.Schema{OneOf: all}, nil
}

// loosen lets fields be added, as the schema's version allows, and takes null
// away: what is not known is left out.
func loosen(schema *jsonschema.Schema) {
	schema.AdditionalProperties = nil
	if len(schema.Types) == 2 && schema.Types[0] == "null" {
		schema.Type, schema.Types = schema.Types[1], nil
	}
	if schema.Items != nil {
		loosen(schema.Items)
	}
	for _, property := range schema.Properties {
		loosen(property)
	}
}

// addEnums finds the types of ours that are names from a list.
func addEnums(root string, t reflect.Type, known map[reflect.Type]*jsonschema.Schema) error {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return addEnums(root, t.Elem(), known)
	case reflect.Struct:
		for field := range t.Fields() {
			if err := addEnums(root, field.Type, known); err != nil {
				return err
			}
		}
	case reflect.String:
		folder, ours := strings.CutPrefix(t.PkgPath(), module)
		if !ours {
			return nil
		}
		names, err := constants(root, folder, t.Name())
		if err != nil {
			return err
		}
		known[t] = &jsonschema.Schema{Type: "string", Enum: names}
	default: // numbers and booleans have no list
	}
	return nil
}

// constants are the values of the constants that a package has of a type, in
// the order in which they stand there.
func constants(root, folder, name string) ([]any, error) {
	files, err := fs.Glob(os.DirFS(root), path.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var values []any
	for _, file := range files {
		text, err := fs.ReadFile(os.DirFS(root), file)
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			if spec, ok := node.(*ast.ValueSpec); ok {
				values = append(values, valuesOf(spec, name)...)
			}
			return true
		})
	}
	if len(values) == 0 {
		return nil, fmt.Errorf("%s: has no constants of type %s", folder, name)
	}
	return values, nil
}

func valuesOf(spec *ast.ValueSpec, name string) []any {
	kind, ok := spec.Type.(*ast.Ident)
	if !ok || kind.Name != name {
		return nil
	}
	var values []any
	for _, value := range spec.Values {
		if literal, ok := value.(*ast.BasicLit); ok {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				values = append(values, text)
			}
		}
	}
	return values
}
