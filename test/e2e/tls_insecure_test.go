package e2e

import (
	"strings"
	"testing"
)

func TestInsecure_stillGivesTheApplicationWhatItNeeds(t *testing.T) {
	p := arrive(t, defaultClass)
	p.step("up --insecure says so, and makes no certificates", func(p place) {
		p.crdb(p.up(p.small("--nodes", "1", "--insecure")...)...).ok("ready in", "insecure: no TLS and no passwords", "secret/cockroachdb-app, key uri")
		made := p.secrets()
		if _, there := made[appSecret]; !there || len(made) != 1 {
			p.t.Errorf("%d secrets were made, want secret/%s alone", len(made), appSecret)
		}
		data := made[appSecret].Data
		if _, there := data["password"]; there || !strings.Contains(string(data["uri"]), "//app@") {
			p.t.Error("there is a password, or no connection string without one")
		}
		p.crdb("status").ok("healthy", "insecure")
	})
	p.step("the connection string works from another pod", func(p place) {
		p.makeClient(nil, asItStands())
		p.getsIn("plain", "current_user\napp", "-e", "SELECT current_user()")
		p.getsIn("plain", "CREATE TABLE\nINSERT 1", "-e", "CREATE TABLE t (n INT PRIMARY KEY)", "-e", "INSERT INTO t VALUES (1)")
	})
	p.settle(1)
	before := p.look()
	p.step("what only TLS has is refused", func(p place) {
		p.crdb("up", "--insecure=false").fails(5, "insecure")
		p.crdb("up", "--rotate-app-password").fails(5, "insecure")
		p.crdb("certs").fails(5, "insecure")
		p.crdb("certs", "rotate").fails(5, "insecure")
		p.same(before)
	})
	p.step("the same command again changes nothing", func(p place) {
		p.crdb("up", "--insecure").ok("nothing to change")
		p.crdb("up").ok("nothing to change")
		p.same(before)
	})
}
