// Package rules checks those rules of the code that no linter checks as they
// are meant here. Its test checks the repository.
package rules

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	maxFile     = 300 // lines
	maxFunction = 60  // lines, braces included
)

// vague are package names that say nothing about what is in them.
var vague = []string{"util", "utils", "helper", "helpers", "common", "types", "models", "manager"}

// waiting are the packages in which a wait must be able to say why it waits,
// and the only functions there that may wait for the end of a context.
var waiting = map[string][]string{
	"internal/deploy": {},
	"internal/kube":   {"Await", "renewUntil"}, // the lock renews itself until it is released
}

// Check reads the product's Go files (cmd, internal, manifests; tests are left
// out) below root, and returns what breaks a rule, one line each, in order.
func Check(root fs.FS) ([]string, error) {
	var found []string
	for _, top := range []string{"cmd", "internal", "manifests"} {
		if _, err := fs.Stat(root, top); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		err := fs.WalkDir(root, top, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !ours(name) {
				return err
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return err
			}
			faults, err := checkFile(name, text)
			found = append(found, faults...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// ours says whether the rules hold for a file.
func ours(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.Contains(name, "/testdata/")
}

func checkFile(name string, text []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var faults []string
	fault := func(at token.Pos, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("%s:%d: ", name, files.Position(at).Line)+fmt.Sprintf(format, args...))
	}
	if lines := strings.Count(string(text), "\n"); lines > maxFile {
		fault(file.Package, "file of %d lines, at most %d", lines, maxFile)
	}
	if slices.Contains(vague, file.Name.Name) {
		fault(file.Package, "package name %q says nothing", file.Name.Name)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := files.Position(f.End()).Line - files.Position(f.Pos()).Line + 1; lines > maxFunction {
			fault(f.Pos(), "function %s of %d lines, at most %d", f.Name.Name, lines, maxFunction)
		}
		if bare := boolParameter(f); bare != "" {
			fault(f.Pos(), "exported function %s has the bare bool parameter %s: a reader of the call cannot tell what it says", f.Name.Name, bare)
		}
		allowed, watched := waiting[path.Dir(name)]
		if watched && !slices.Contains(allowed, f.Name.Name) {
			for _, at := range contextWaits(f) {
				fault(at, "function %s waits for the end of a context: use Await, which says why it waits", f.Name.Name)
			}
		}
	}
	return faults, nil
}

// boolParameter is the first parameter of type bool of a function that other
// packages can call, else empty.
func boolParameter(f *ast.FuncDecl) string {
	if !f.Name.IsExported() || !receiverExported(f) {
		return ""
	}
	for _, field := range f.Type.Params.List {
		if kind, ok := field.Type.(*ast.Ident); ok && kind.Name == "bool" {
			if len(field.Names) == 0 {
				return "_"
			}
			return field.Names[0].Name
		}
	}
	return ""
}

func receiverExported(f *ast.FuncDecl) bool {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return true
	}
	exported := false
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			exported = name.IsExported()
			return false
		}
		return true
	})
	return exported
}

// contextWaits finds each `<-x.Done()` in f, in a select or outside of one.
func contextWaits(f *ast.FuncDecl) []token.Pos {
	var at []token.Pos
	ast.Inspect(f, func(n ast.Node) bool {
		receive, ok := n.(*ast.UnaryExpr)
		if !ok || receive.Op != token.ARROW {
			return true
		}
		call, ok := receive.X.(*ast.CallExpr)
		if !ok || len(call.Args) != 0 {
			return true
		}
		if method, ok := call.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Done" {
			at = append(at, receive.Pos())
		}
		return true
	})
	return at
}
