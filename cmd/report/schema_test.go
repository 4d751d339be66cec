package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cranekit/cranekit/buildkit"
)

// schema is what docs/summary.schema.json uses of JSON Schema.
type schema struct {
	Description string            `json:"description"`
	Type        any               `json:"type"`
	Enum        []any             `json:"enum"`
	Required    []string          `json:"required"`
	Properties  map[string]schema `json:"properties"`
	Items       *schema           `json:"items"`
}

func loadSchema(t *testing.T) schema {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "summary.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaIsTheType keeps the schema equal to the Go types.
func TestSchemaIsTheType(t *testing.T) {
	t.Parallel()
	s := loadSchema(t)
	s.matches(t, "summary", reflect.TypeFor[Summary](), false)

	var statuses []any
	for _, status := range []buildkit.Status{
		buildkit.StatusPassed, buildkit.StatusFailed, buildkit.StatusError, buildkit.StatusSkipped, buildkit.StatusCanceled,
	} {
		statuses = append(statuses, string(status))
	}
	if got := s.Properties["checks"].Items.Properties["status"].Enum; !reflect.DeepEqual(got, statuses) {
		t.Errorf("status is one of %v in the schema, of %v in the code", got, statuses)
	}
	if got := s.Properties["version"].Enum; !reflect.DeepEqual(got, []any{float64(SummaryVersion)}) {
		t.Errorf("version is one of %v in the schema, %d in the code", got, SummaryVersion)
	}
}

func (s schema) matches(t *testing.T, path string, of reflect.Type, optional bool) {
	t.Helper()
	if s.Description == "" {
		t.Errorf("%s has no description", path)
	}
	names := map[reflect.Kind]string{
		reflect.Struct: "object", reflect.Slice: "array", reflect.String: "string",
		reflect.Bool: "boolean", reflect.Int: "integer", reflect.Int64: "integer", reflect.Float64: "number",
	}
	var want any
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
		if !optional {
			want = []any{names[of.Kind()], "null"}
		}
	}
	if want == nil {
		want = names[of.Kind()]
	}
	if !reflect.DeepEqual(s.Type, want) {
		t.Errorf("%s is %v in the schema, %v in the code", path, s.Type, want)
	}
	switch of.Kind() {
	case reflect.Slice:
		s.Items.matches(t, path+"[]", of.Elem(), false)
	case reflect.Struct:
		s.fieldsMatch(t, path, of)
	default:
	}
}

func (s schema) fieldsMatch(t *testing.T, path string, of reflect.Type) {
	t.Helper()
	required, known := []string{}, 0
	for field := range of.Fields() {
		if !field.IsExported() {
			continue
		}
		known++
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		property, ok := s.Properties[name]
		if !ok {
			t.Errorf("the schema lacks %s.%s", path, name)
			continue
		}
		if option != "omitempty" {
			required = append(required, name)
		}
		property.matches(t, path+"."+name, field.Type, option == "omitempty")
	}
	if len(s.Properties) != known {
		t.Errorf("%s has %d properties in the schema, %d in the code", path, len(s.Properties), known)
	}
	if !slices.Equal(s.Required, required) {
		t.Errorf("%s requires %v in the schema, %v in the code", path, s.Required, required)
	}
}

// validate tells where a decoded document breaks the schema.
func (s schema) validate(path string, value any) (problems []string) {
	kind := "null"
	switch v := value.(type) {
	case map[string]any:
		kind = "object"
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				problems = append(problems, path+"."+name+" is missing")
			}
		}
		for name, field := range v {
			problems = append(problems, s.Properties[name].validate(path+"."+name, field)...)
		}
	case []any:
		kind = "array"
		for i, item := range v {
			problems = append(problems, s.Items.validate(fmt.Sprintf("%s[%d]", path, i), item)...)
		}
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		types, _ := s.Type.([]any)
		if (s.Type == "integer" || slices.Contains(types, any("integer"))) && v == float64(int(v)) {
			kind = "integer"
		}
	}
	if types, ok := s.Type.([]any); s.Type != kind && (!ok || !slices.Contains(types, any(kind))) {
		problems = append(problems, fmt.Sprintf("%s is %s, not %v", path, kind, s.Type))
	}
	if s.Enum != nil && !slices.Contains(s.Enum, value) {
		problems = append(problems, fmt.Sprintf("%s is %v, not one of %v", path, value, s.Enum))
	}
	return problems
}

func TestWrite(t *testing.T) {
	t.Parallel()
	s := loadSchema(t)
	for name := range runs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			output := filepath.Join(t.TempDir(), "result")
			for range 2 { // The second takes the place of the first.
				if err := summary(name).Write(output); err != nil {
					t.Fatal(err)
				}
			}
			data, err := os.ReadFile(filepath.Join(output, SummaryFile))
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".json", data)
			var document any
			if err := json.Unmarshal(data, &document); err != nil {
				t.Fatal(err)
			}
			for _, problem := range s.validate("summary", document) {
				t.Error(problem)
			}
			if left, _ := filepath.Glob(filepath.Join(output, ".*")); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	output := t.TempDir()
	// A directory that is not empty cannot be replaced by a file.
	if err := os.MkdirAll(filepath.Join(output, SummaryFile, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := summary("green").Write(output); err == nil {
		t.Error("no error")
	}
	if left, _ := filepath.Glob(filepath.Join(output, ".*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}
