// Package schema holds what the program prints to its published JSON Schemas.
package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/jsonschema-go/jsonschema"
)

// Schema is one of docs/schema, made strict: what our own program prints has no
// field that the schema does not know.
type Schema struct{ resolved *jsonschema.Resolved }

// Read reads the schema in a file.
func Read(file string) (*Schema, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	tighten(&schema)
	resolved, err := schema.Resolve(nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Schema{resolved}, nil
}

// tighten forbids fields that are not named.
func tighten(schema *jsonschema.Schema) {
	if len(schema.Properties) > 0 {
		schema.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	for _, one := range schema.OneOf {
		tighten(one)
	}
	for _, property := range schema.Properties {
		tighten(property)
	}
	if schema.Items != nil {
		tighten(schema.Items)
	}
}

// Check says what is wrong with a document; nil: it is as the schema says.
func (s *Schema) Check(document []byte) error {
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return err
	}
	return s.resolved.Validate(value)
}

// CheckLines does so for each line of a text.
func (s *Schema) CheckLines(text []byte) error {
	for line := range bytes.Lines(text) {
		if err := s.Check(line); err != nil {
			return fmt.Errorf("%s: %w", bytes.TrimSpace(line), err)
		}
	}
	return nil
}
