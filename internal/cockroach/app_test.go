package cockroach

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"

	applycore "k8s.io/client-go/applyconfigurations/core/v1"
)

func TestAppSecret_hasWhatAnApplicationNeeds(t *testing.T) {
	c := sampleCluster()
	p := ParsePassword(map[string][]byte{AppKeyPassword: []byte("s3cret")})
	secret := c.AppSecret(p, []byte("PEM")).(*applycore.SecretApplyConfiguration)
	got := map[string]string{}
	for key, value := range secret.Data {
		got[key] = string(value)
	}
	want := map[string]string{
		"type": "postgresql", "provider": "cockroachdb", "host": "cockroachdb-public.default", "port": "26257",
		"username": "app", "password": "s3cret", "database": "app", "ca.crt": "PEM",
		"uri": "postgresql://app:s3cret@cockroachdb-public.default:26257/app?sslmode=require",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if *secret.Type != "servicebinding.io/postgresql" {
		t.Errorf("type %s", *secret.Type)
	}
}

func TestAppSecret_ofAnInsecureClusterHasNoPassword(t *testing.T) {
	secret := sampleCluster(insecureMode).AppSecret(Password{}, nil).(*applycore.SecretApplyConfiguration)
	for _, key := range []string{"password", "ca.crt"} {
		if _, there := secret.Data[key]; there {
			t.Errorf("it has a %s", key)
		}
	}
	if got, want := string(secret.Data["uri"]), "postgresql://app@cockroachdb-public.default:26257/app?sslmode=disable"; got != want {
		t.Errorf("uri %s, want %s", got, want)
	}
}

func TestPassword_isLongRandomAndShownToNobody(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := NewPassword()
		if len(p.text()) != passwordLength || url.QueryEscape(p.text()) != p.text() || seen[p.text()] {
			t.Fatalf("a password of %d characters, which needs an escape or came twice", len(p.text()))
		}
		seen[p.text()] = true
	}
	p := NewPassword()
	forms := map[string]string{"as it is": p.text(), "in hex": fmt.Sprintf("%x", p.text()), "in base64": base64.StdEncoding.EncodeToString([]byte(p.text()))}
	for where, value := range around(p) {
		if form := leak(shown(t, value), forms); form != "" {
			t.Errorf("%s: it shows %s", where, form)
		}
	}
	if leak(shown(t, p.text()), forms) == "" {
		t.Error("a password that shows is not found")
	}
}

func TestAppSQL_makesTheUserAndCanBeRunAgain(t *testing.T) {
	p := ParsePassword(map[string][]byte{AppKeyPassword: []byte("it's")})
	c := sampleCluster(func(c *Cluster) { c.AppUser = "shop-1" })
	want := "CREATE DATABASE IF NOT EXISTS app;\nCREATE USER IF NOT EXISTS \"shop-1\";\n" +
		"ALTER USER \"shop-1\" WITH PASSWORD 'it''s';\nGRANT ALL ON DATABASE app TO \"shop-1\";\n"
	if got := c.AppSQL(p); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	c.Security = Insecure
	if got := c.AppSQL(p); strings.Contains(got, "PASSWORD") {
		t.Errorf("a password in an insecure cluster, which the database refuses: %s", got)
	}
	if _, err := CompleteSQL(want); err != nil {
		t.Error(err)
	}
}
