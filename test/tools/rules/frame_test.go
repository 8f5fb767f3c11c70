package rules

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// read is a file of the repository, by its path from the root.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile("../../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMakefile_helpNamesEveryTarget(t *testing.T) {
	text := read(t, "Makefile")
	phony := regexp.MustCompile(`(?m)^\.PHONY: (.*)$`).FindStringSubmatch(text)
	if phony == nil {
		t.Fatal("no .PHONY line")
	}
	for target := range strings.FieldsSeq(phony[1]) {
		explained := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:.* ## \S`)
		if target != "FORCE" && !explained.MatchString(text) {
			t.Errorf("target %s has no comment after ##", target)
		}
	}
}

func TestMakefile_pinsEveryTool(t *testing.T) {
	text := read(t, "Makefile")
	for _, module := range regexp.MustCompile(`-module (\S+)`).FindAllStringSubmatch(text, -1) {
		_, version, _ := strings.Cut(module[1], "@")
		name := strings.TrimSuffix(strings.TrimPrefix(version, "$("), ")")
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` +:= v\d+\.\d+\.\d+$`).MatchString(text) {
			t.Errorf("module %s: no line %s := vX.Y.Z", module[1], name)
		}
	}
}

func TestMakefile_buildsTheKubernetesOfItsVersion(t *testing.T) {
	version := regexp.MustCompile(`(?m)^KUBERNETES_VERSION +:= (\S+)$`).FindStringSubmatch(read(t, "Makefile"))
	if version == nil {
		t.Fatal("no KUBERNETES_VERSION")
	}
	if want := "k8s.io/kubernetes " + version[1] + "\n"; !strings.Contains(read(t, "test/localkube/go.mod"), want) {
		t.Errorf("test/localkube/go.mod requires another version than %s", version[1])
	}
}

func TestWorkflow_runsMakeTargetsOnly(t *testing.T) {
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Run string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, ".github/workflows/ci.yml")), &workflow); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, step := range workflow.Jobs["check"].Steps {
		switch {
		case step.Run == "" || strings.HasPrefix(step.Run, "sudo chown "):
		case regexp.MustCompile(`^(sudo .*"PATH=\$PATH" )?make [a-z]+$`).MatchString(step.Run):
			targets = append(targets, step.Run[strings.LastIndex(step.Run, " ")+1:])
		default:
			t.Errorf("step runs %q, want make and a target", step.Run)
		}
	}
	command := regexp.MustCompile(`(?m)^exec make (.*)$`).FindStringSubmatch(read(t, ".ci/run"))
	if command == nil {
		t.Fatal(".ci/run runs no make")
	}
	if diff := cmp.Diff(strings.Fields(command[1]), targets); diff != "" {
		t.Errorf("the workflow differs from .ci/run (-.ci/run +workflow):\n%s", diff)
	}
}

// release is what .goreleaser.yaml may say. A field that is not here is an
// error, as it is for goreleaser itself; `make snapshot` asks that one too,
// but it takes too long to build to be asked each time.
type release struct {
	Version int    `json:"version"`
	Project string `json:"project_name"`
	Builds  []struct {
		ID        string   `json:"id"`
		Main      string   `json:"main"`
		Binary    string   `json:"binary"`
		Env       []string `json:"env"`
		Systems   []string `json:"goos"`
		Machines  []string `json:"goarch"`
		Flags     []string `json:"flags"`
		Ldflags   []string `json:"ldflags"`
		Timestamp string   `json:"mod_timestamp"`
	} `json:"builds"`
	Archives []struct {
		ID        string   `json:"id"`
		IDs       []string `json:"ids"`
		Name      string   `json:"name_template"`
		Formats   []string `json:"formats"`
		Overrides []struct {
			System  string   `json:"goos"`
			Formats []string `json:"formats"`
		} `json:"format_overrides"`
		Files []struct {
			Source string `json:"src"`
			Info   dated  `json:"info"`
		} `json:"files"`
		BuildsInfo dated `json:"builds_info"`
	} `json:"archives"`
	Checksum struct {
		Name      string `json:"name_template"`
		Algorithm string `json:"algorithm"`
	} `json:"checksum"`
	Snapshot struct {
		Version string `json:"version_template"`
	} `json:"snapshot"`
	Release struct {
		Repository struct {
			Owner string `json:"owner"`
			Name  string `json:"name"`
		} `json:"github"`
	} `json:"release"`
	Changelog struct {
		Disable bool `json:"disable"`
	} `json:"changelog"`
}

type dated struct {
	Time  string `json:"mtime"`
	Mode  int    `json:"mode"`
	Owner string `json:"owner"`
	Group string `json:"group"`
}

func TestRelease_isOneProgramUnderTwoNamesForSixSystems(t *testing.T) {
	var r release
	if err := yaml.UnmarshalStrict([]byte(read(t, ".goreleaser.yaml")), &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range r.Builds {
		names = append(names, b.Binary)
		if diff := cmp.Diff([]string{"darwin", "linux", "windows"}, b.Systems); diff != "" {
			t.Errorf("%s: systems (-want +got):\n%s", b.ID, diff)
		}
		if diff := cmp.Diff([]string{"amd64", "arm64"}, b.Machines); diff != "" {
			t.Errorf("%s: machines (-want +got):\n%s", b.ID, diff)
		}
		alike := r.Builds[0]
		alike.ID, alike.Binary = b.ID, b.Binary
		if diff := cmp.Diff(alike, b); diff != "" {
			t.Errorf("%s is built in another way than %s (-%[2]s +%[1]s):\n%s", b.ID, r.Builds[0].ID, diff)
		}
		if !slices.Contains(b.Env, "CGO_ENABLED=0") || !slices.Contains(b.Flags, "-trimpath") || b.Timestamp == "" {
			t.Errorf("%s: the same sources would not give the same bytes", b.ID)
		}
	}
	if diff := cmp.Diff([]string{"crdb-kube", "kubectl-crdb"}, names); diff != "" {
		t.Errorf("programs (-want +got):\n%s", diff)
	}
	var packed []string
	for _, a := range r.Archives {
		packed = append(packed, a.IDs...)
		for _, file := range a.Files {
			read(t, file.Source)
		}
	}
	if diff := cmp.Diff(names, packed); diff != "" {
		t.Errorf("archives (-builds +archives):\n%s", diff)
	}
}

func TestVersion_isLinkedIntoAVariableThatExists(t *testing.T) {
	if !regexp.MustCompile(`(?m)^var linkedVersion string`).MatchString(read(t, "internal/cli/version.go")) {
		t.Error("internal/cli/version.go has no variable linkedVersion")
	}
	for _, file := range []string{"Makefile", ".goreleaser.yaml"} {
		if !strings.Contains(read(t, file), "/internal/cli.linkedVersion=") {
			t.Errorf("%s sets another variable", file)
		}
	}
}
