package main

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crdb-kube/crdb-kube/internal/cli"
	"github.com/crdb-kube/crdb-kube/test/schema"
)

func TestSchemas_areUpToDate(t *testing.T) {
	there, err := folder{filepath.Join(repository, "docs/schema"), "*.json", schemaMark}.read()
	if err != nil {
		t.Fatal(err)
	}
	files, err := schemas(repository)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(files, there); diff != "" || len(files) == 0 {
		t.Errorf("docs/schema is out of date; make generate writes it (-want +there):\n%s", diff)
	}
}

func TestSchemas_describeEachField(t *testing.T) {
	var look func(where string, kind reflect.Type)
	look = func(where string, kind reflect.Type) {
		switch {
		case kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice:
			look(where, kind.Elem())
		case kind.Kind() == reflect.Struct && strings.HasPrefix(kind.PkgPath(), module):
			for field := range kind.Fields() {
				if field.Tag.Get("jsonschema") == "" && !field.Anonymous {
					t.Errorf("%s.%s: has no description", where, field.Name)
				}
				look(where+"."+field.Name, field.Type)
			}
		}
	}
	for name, document := range cli.Documents() {
		for _, kind := range document.Types {
			look(name, kind)
		}
	}
}

// The golden files are outputs that tests of the program itself hold it to.
func TestSchemas_holdForTheGoldenFiles(t *testing.T) {
	for name, patterns := range map[string][]string{
		"events": {"internal/progress/testdata/event*.json*", "internal/progress/testdata/ends.jsonl", "internal/cli/testdata/end-json.txt"},
		"status": {"internal/cli/testdata/status-*.json"},
		"certs":  {"internal/cli/testdata/certs-*.json"},
		"url":    {"internal/cli/testdata/url-*.json"},
		"doctor": {"internal/cli/testdata/doctor-*.json"},
		"diff":   {"internal/cli/testdata/diff-*.json"},
	} {
		held, err := schema.Read(filepath.Join(repository, "docs/schema", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, pattern := range patterns {
			files, err := filepath.Glob(filepath.Join(repository, pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("%s: %v, %d files", pattern, err, len(files))
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				check := held.Check
				if name == "events" {
					check = held.CheckLines
				}
				if err := check(withoutTitles(text)); err != nil {
					t.Errorf("%s: is not as docs/schema/%s.json says: %v", file, name, err)
				}
			}
		}
	}
}

// withoutTitles drops the lines between the outputs of one golden file.
func withoutTitles(text []byte) []byte {
	var kept []byte
	for line := range bytes.Lines(text) {
		if !bytes.HasPrefix(line, []byte("--- ")) {
			kept = append(kept, line...)
		}
	}
	return kept
}

func TestSchemas_refuseWhatTheProgramNeverPrints(t *testing.T) {
	for name, documents := range map[string][]string{
		"events": {
			`{}`, `[]`, `{"schemaVersion":1,"time":"2026-11-22T14:30:00Z","state":"exploded"}`,
			`{"schemaVersion":1,"time":"2026-11-22T14:30:00Z","state":"end"}`, `{"schemaVersion":2,"time":"2026-11-22T14:30:00Z","state":"done"}`,
			`{"schemaVersion":1,"time":"2026-11-22T14:30:00Z","state":"done","exitCode":0}`,
			`{"schemaVersion":1,"time":"2026-11-22T14:30:00Z","state":"end","exitCode":0,"seen":null}`,
			`{"schemaVersion":1,"time":"2026-11-22T14:30:00Z","state":"failed","cause":{"id":"X","class":"mine"}}`,
		},
		"status": {`{}`, `{"schemaVersion":1,"name":"a","namespace":"b","condition":"fine","security":"tls","nodes":3,"ranges":{}}`},
		"certs":  {`{"schemaVersion":1,"name":"a","namespace":"b","caKeyInSecret":true}`, `{"schemaVersion":1,"name":"a","namespace":"b","caKeyInSecret":true,"certificates":null}`},
	} {
		held, err := schema.Read(filepath.Join(repository, "docs/schema", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range documents {
			if held.Check([]byte(document)) == nil {
				t.Errorf("docs/schema/%s.json takes %s", name, document)
			}
		}
	}
}
