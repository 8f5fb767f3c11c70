package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// A scan that finds nothing shows only something if it finds what is there.
func TestScan_findsASecretInEveryShape(t *testing.T) {
	ca := newAuthority(t, time.Now().Add(day))
	password := "VmbWfKCYYcLvzhCTFRr9Ut5k"
	uri := "postgresql://app:" + password + "@cockroachdb-public.shop:26257/app?sslmode=require"
	var s scan
	s.learn(t, map[string]corev1.Secret{
		"ca":  {Data: ca.secret()},
		"app": {Data: map[string][]byte{"password": []byte(password), "uri": []byte(uri)}},
	})
	lines := strings.Split(string(ca.keyPEM()), "\n")
	coded, err := json.Marshal(map[string]any{"data": ca.secret(), "text": string(ca.keyPEM())})
	if err != nil {
		t.Fatal(err)
	}
	const key, word = "ca.key of secret/ca", "password of secret/app"
	for _, one := range []struct{ name, text, what string }{
		{"a line of a key", "x " + lines[2] + " y", key},
		{"a key in base64", base64.StdEncoding.EncodeToString(ca.keyPEM()), key},
		{"a Secret as JSON", string(coded), key},
		{"a key as Go prints bytes", fmt.Sprintf("%v", ca.keyPEM()), key},
		{"a key within something in base64", base64.StdEncoding.EncodeToString(append([]byte("apiVersion: v1\n"), ca.keyPEM()...)), key},
		{"a key in a dump", hex.Dump(append([]byte("k8s\x00Secret"), ca.keyPEM()...)), key},
		{"a Secret in a dump of JSON", hex.Dump(coded), key},
		{"the number of a key as Go prints it", fmt.Sprintf("{curve %v}", privateNumber(t, decoded(t, ca.keyPEM()))), key},
		{"a key that is cut off", string(ca.keyPEM()[:140]), key},
		{"a Secret that is cut off", base64.StdEncoding.EncodeToString(ca.keyPEM())[:180], key},
		{"a password in a dump", hex.Dump([]byte("12\x08password" + password + "\x10")), word},
		{"a password in a sentence", "user app has password " + password + ".", word},
		{"a password in a connection string", "DATABASE_URL=" + uri, word},
		{"a connection string in base64", base64.StdEncoding.EncodeToString([]byte(uri)), word},
		{"a connection string within something in base64", base64.StdEncoding.EncodeToString([]byte("{" + uri)), word},
		{"a password in an argument of a command", "/exec?command=sql&command=-e&command=" + url.QueryEscape("ALTER USER app WITH PASSWORD '"+password+"'"), word},
		{"a line of a key in an argument of a command", "/exec?command=" + url.QueryEscape(lines[2]), key},
	} {
		if found := s.finds(one.text); !slices.Contains(found, one.what) {
			t.Errorf("%s: not found, only %v", one.name, found)
		}
	}
	if found := s.finds(string(ca.certPEM) + " user app, database app, secret/cockroachdb-app"); len(found) > 0 {
		t.Errorf("found %v where there is none", found)
	}
	other := strings.ReplaceAll(string(newAuthority(t, time.Now().Add(day)).keyPEM()), " PRIVATE KEY", "")
	if found := s.finds(other); len(found) > 0 {
		t.Errorf("found %v in another key", found)
	}
}

func decoded(t *testing.T, text []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}
