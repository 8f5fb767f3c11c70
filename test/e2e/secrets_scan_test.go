package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// scan looks for keys and passwords in texts, by their own bytes.
type scan struct {
	marks map[string][]string // what betrays each, by what it is
}

// learn adds all that is secret in the Secrets that there are now.
func (s *scan) learn(t *testing.T, secrets map[string]corev1.Secret) {
	t.Helper()
	for name, secret := range secrets {
		for key, value := range secret.Data {
			switch {
			case strings.HasSuffix(key, ".key"):
				s.know(key+" of secret/"+name, piecesOf(t, value))
			case key == "password":
				s.know(key+" of secret/"+name, [][]byte{value})
			}
		}
	}
}

// piece is how many characters of a key's PEM are taken for a sign of it. They
// begin where no line ends in between.
const piece = 16

// piecesOf are the private number of a key and the pieces of its PEM that stand
// for that and for nothing else: the rest of a key is also in its certificate, or in every
// key of its kind.
func piecesOf(t *testing.T, text []byte) [][]byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("a key that is no PEM")
	}
	number := privateNumber(t, block.Bytes)
	from := bytes.Index(block.Bytes, number)
	first, end := (from+2)/3*4, (from+len(number))/3*4
	body := base64.StdEncoding.EncodeToString(block.Bytes)
	var pieces [][]byte
	for begin := (first + piece - 1) / piece * piece; begin+piece <= end; begin += piece {
		pieces = append(pieces, []byte(body[begin:begin+piece]))
	}
	if from < 0 || len(pieces) == 0 {
		t.Fatal("a key whose private number is not found in it")
	}
	return append(pieces, number)
}

func privateNumber(t *testing.T, der []byte) []byte {
	t.Helper()
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		parsed, err = x509.ParseECPrivateKey(der)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if err != nil || !ok {
		t.Fatalf("a key that is not ECDSA: %v", err)
	}
	number, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// know takes each of these pieces as a sign of the secret: as it stands, in
// base64 wherever it begins in something longer, and as Go prints bytes.
func (s *scan) know(what string, pieces [][]byte) {
	if s.marks == nil {
		s.marks = map[string][]string{}
	}
	for _, piece := range pieces {
		marks := []string{string(piece), strings.Trim(fmt.Sprintf("%d", piece), "[]"), hex.EncodeToString(piece)}
		for before := range 3 {
			coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), piece...))
			// The first and the last characters depend on what stands beside them.
			marks = append(marks, coded[4*min(before, 1):len(coded)-len(coded)%4])
		}
		for _, mark := range marks {
			if !slices.Contains(s.marks[what], mark) {
				s.marks[what] = append(s.marks[what], mark)
			}
		}
	}
}

// finds names the secrets in a text, and never shows them.
func (s *scan) finds(text string) []string {
	var found []string
	unescaped, err := url.QueryUnescape(text)
	if err != nil { // it is no part of an address
		unescaped = ""
	}
	readings := []string{text, unescaped, dumped(text), joined(text)}
	for what, marks := range s.marks {
		if slices.ContainsFunc(marks, func(mark string) bool {
			return slices.ContainsFunc(readings, func(reading string) bool { return strings.Contains(reading, mark) })
		}) {
			found = append(found, what)
		}
	}
	if strings.Contains(text, "PRIVATE KEY-----") {
		found = append(found, "a private key")
	}
	slices.Sort(found)
	return found
}

// dumped are the bytes of all dumps in a text that have addresses on the left,
// hexadecimal in the middle and characters on the right, as client-go's log has.
func dumped(text string) string {
	var all []byte
	for _, line := range dumpLine.FindAllStringSubmatch(text, -1) {
		decoded, err := hex.DecodeString(strings.Join(strings.Fields(line[1]), ""))
		if err == nil {
			all = append(all, decoded...)
		}
	}
	return string(all) + joined(string(all))
}

var dumpLine = regexp.MustCompile(`(?m)^\s*[0-9a-f]{8}  ((?:[0-9a-f]{2} +)+)\|`)

// joined is a text with its lines put together, however they were parted: the
// body of a PEM is broken after 64 characters.
func joined(text string) string {
	return strings.NewReplacer("\\n", "", "\n", "", "\r", "", "\t", "", " ", "").Replace(text)
}

// public is everything that those can read who may not read Secrets: events,
// the logs of all pods, every other object of the namespace, and what this
// program asked the API server for.
func (p place) public(agent string) map[string]string {
	p.t.Helper()
	texts := map[string]string{}
	kinds := strings.Fields(p.kubectl("api-resources", "--verbs=list", "--namespaced", "-o", "name"))
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == "secrets" })
	texts["objects and events"] = p.kubectl("get", strings.Join(kinds, ","), "-o", "json", "--show-managed-fields")
	for _, pod := range get[corev1.PodList](p, "pods").Items {
		texts["log of "+pod.Name] = p.kubectl("logs", pod.Name, "--all-containers")
	}
	if p.cluster.dir == "" {
		return texts
	}
	// What was sent, with its path: commands in pods stand there with their arguments.
	log, err := os.ReadFile(filepath.Join(p.cluster.dir, "logs", "audit.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	var requests strings.Builder
	for line := range strings.Lines(string(log)) {
		if strings.Contains(line, p.namespace) && strings.Contains(line, `"userAgent":"`+agent) {
			unescaped, err := url.QueryUnescape(strings.ReplaceAll(line, `\u0026`, "&"))
			if err != nil {
				p.t.Fatal(err)
			}
			requests.WriteString(unescaped)
		}
	}
	texts["audit log"] = requests.String()
	return texts
}

// betrayed are the secrets in these texts, each with the place.
func (s *scan) betrayed(texts map[string]string) []string {
	var found []string
	for where, text := range texts {
		for _, what := range s.finds(text) {
			found = append(found, what+" in "+where)
		}
	}
	slices.Sort(found)
	return found
}
