package cockroach

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// needles are the forms in which a key could come out of fmt and encoders.
func needles(t *testing.T, keyPEM []byte) map[string]string {
	t.Helper()
	block, _ := pem.Decode(keyPEM)
	key := must[any](t)(x509.ParsePKCS8PrivateKey(block.Bytes)).(*ecdsa.PrivateKey)
	scalar := must[[]byte](t)(key.Bytes())
	forms := map[string]string{"number": key.D.String()} //nolint:staticcheck // what fmt would print
	for name, raw := range map[string][]byte{"PEM": keyPEM, "DER": block.Bytes, "scalar": scalar} {
		raw = raw[len(raw)/4 : len(raw)/2] // a part is a leak, too
		forms[name] = string(raw)
		forms[name+" quoted"] = strings.Trim(fmt.Sprintf("%q", raw), `"`)
		forms[name+" in hex"] = hex.EncodeToString(raw)
		forms[name+" in spaced hex"] = fmt.Sprintf("% x", raw)
		forms[name+" in numbers"] = strings.Trim(fmt.Sprintf("%d", raw), "[]")
		forms[name+" in Go"] = strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", raw), "[]byte{"), "}")
		forms[name+" in octal"] = strings.Trim(fmt.Sprintf("%o", raw), "[]")
		forms[name+" in bits"] = strings.Trim(fmt.Sprintf("%b", raw), "[]")
		for shift := range 3 { // base64 may cut bytes in three ways
			part := raw[shift : len(raw)-(len(raw)-shift)%3]
			forms[fmt.Sprintf("%s in base64, %d", name, shift)] = base64.StdEncoding.EncodeToString(part)
		}
	}
	return forms
}

// leak names the first form that is found.
func leak(text string, forms map[string]string) string {
	text = strings.ToLower(text)
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		if strings.Contains(text, strings.ToLower(forms[name])) {
			return name
		}
	}
	return ""
}

// shown is everything that somebody could print of a value by mistake.
func shown(t *testing.T, value any) string {
	t.Helper()
	var all strings.Builder
	for verb := 'A'; verb <= 'z'; verb++ {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "30.5"} {
			fmt.Fprintf(&all, "%"+flags+string(verb)+"\n", value)
		}
	}
	fmt.Fprintln(&all, value, fmt.Errorf("wrapped: %v", value))
	for _, encode := range []func(any) ([]byte, error){json.Marshal, func(v any) ([]byte, error) { return yaml.Marshal(v) }} {
		text, err := encode(value)
		fmt.Fprintln(&all, string(text), err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
	return all.String() + log.String()
}

// around puts a value wherever fmt treats it in its own way.
func around[T any](value T) map[string]any {
	type hides struct{ value T }
	type hidesPointer struct{ value *T }
	return map[string]any{
		"itself": value, "pointer": &value, "slice": []T{value}, "map": map[string]T{"a": value},
		"field": struct{ Value T }{value}, "unexported field": hides{value}, "pointer to it": &hides{value},
		"unexported pointer": hidesPointer{&value}, "deep": []any{map[string]any{"a": &hides{value}}},
		"unexported slice": struct{ values []T }{[]T{value}}, "unexported any": struct{ any any }{value},
	}
}

func TestKeys_areShownToNobody(t *testing.T) {
	a := newCA(t)
	s := issued(t, sampleCluster(secure), a)
	for what, keyPEM := range map[string][]byte{"CA": a.KeyPEM(), "node": s.Data()[FileNodeKey], "root": s.Data()[FileRootKey]} {
		forms := needles(t, keyPEM)
		values := around(a)
		for where, value := range around(s) {
			values["set as "+where] = value
		}
		values["embedded"] = struct {
			Authority
			Other int
		}{a, 1}
		for where, value := range values {
			if found := leak(shown(t, value), forms); found != "" {
				t.Errorf("%s: %s shows the key: %s", what, where, found)
			}
		}
	}
}

func TestKeys_haveAWordInTheirPlace(t *testing.T) {
	a := newCA(t)
	for want, value := range map[string]any{"CA (hidden)": a, "certificates (hidden)": issued(t, sampleCluster(secure), a)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, value); got != want {
				t.Errorf("%s: %s", verb, got)
			}
		}
		if text := must[[]byte](t)(json.Marshal(value)); string(text) != `"`+want+`"` {
			t.Errorf("JSON: %s", text)
		}
	}
}

// The scan above finds keys in whatever way they would be kept in the open.
func TestKeys_areFoundWhereTheyAreShown(t *testing.T) {
	a := newCA(t)
	forms := needles(t, a.KeyPEM())
	block, _ := pem.Decode(a.KeyPEM())
	scalar := must[[]byte](t)(a.reveal().(*ecdsa.PrivateKey).Bytes())
	for what, value := range map[string]any{
		"PEM": a.KeyPEM(), "text": string(a.KeyPEM()), "DER": block.Bytes, "scalar": scalar,
	} {
		for where, planted := range around(value) {
			if where == "unexported pointer" {
				continue // fmt prints its address
			}
			if leak(shown(t, planted), forms) == "" {
				t.Errorf("%s as %s is not found", what, where)
			}
		}
	}
	for _, planted := range []string{
		base64.StdEncoding.EncodeToString(a.KeyPEM()), base64.StdEncoding.EncodeToString(append([]byte("xy"), a.KeyPEM()...)),
		fmt.Sprint(a.reveal()), fmt.Sprintf("%X", block.Bytes), fmt.Sprintf("%d", scalar), fmt.Sprintf("%q", a.KeyPEM()),
	} {
		if leak("before "+planted+" after", forms) == "" {
			t.Errorf("%.60s is not found", planted)
		}
	}
}
