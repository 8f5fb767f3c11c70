package cockroach

import (
	"slices"
	"strings"
	"testing"
)

func insecureMode(c *Cluster) { c.Security = Insecure }

// podYAML is the pod of a cluster, as its StatefulSet has it.
func podYAML(t *testing.T, change ...func(*Cluster)) string {
	t.Helper()
	set, err := sampleCluster(change...).StatefulSet(0)
	if err != nil {
		t.Fatal(err)
	}
	return documents(t, set.Spec.Template.Spec)
}

func TestPods_getTheirCertificatesAsTheirReleaseTakesThem(t *testing.T) {
	golden(t, "pod-mounted.yaml", podYAML(t, image("cockroachdb/cockroach:v22.2.0")))
	golden(t, "pod-copied.yaml", podYAML(t, image("cockroachdb/cockroach:v22.1.9")))
	golden(t, "pod-insecure.yaml", podYAML(t, insecureMode))
	golden(t, "pod-own-secret.yaml", podYAML(t, func(c *Cluster) { c.CertsSecret = "mine" }))
	unknown := podYAML(t, image("registry.example/db:ours"))
	if !strings.Contains(unknown, "umask 077 && cp -f") {
		t.Errorf("an image whose release nobody knows gets no copy:\n%s", unknown)
	}
}

// The key must never be readable for anybody but the database, whichever way
// it comes.
func TestPods_neverGetTheKeyOfTheCA(t *testing.T) {
	for _, release := range []string{"v21.1.2", "v26.2.5"} {
		set, err := sampleCluster(image("cockroachdb/cockroach:" + release)).StatefulSet(0)
		if err != nil {
			t.Fatal(err)
		}
		for _, volume := range set.Spec.Template.Spec.Volumes {
			if volume.Secret == nil {
				continue
			}
			if *volume.Secret.SecretName != "cockroachdb-certs" || *volume.Secret.DefaultMode != 0o400 {
				t.Errorf("%s: secret %s with mode %o", release, *volume.Secret.SecretName, *volume.Secret.DefaultMode)
			}
			var files []string
			for _, item := range volume.Secret.Items {
				files = append(files, *item.Path)
			}
			if !slices.Equal(files, certificateFiles()) {
				t.Errorf("%s: files %q", release, files)
			}
		}
	}
}

func TestSecurity_saysTheSameEverywhere(t *testing.T) {
	for _, c := range []Cluster{sampleCluster(), sampleCluster(insecureMode)} {
		flag := c.Security.flags()[0]
		for what, args := range map[string][]string{
			"start": c.startArgs(), "init": c.InitCommand(), "sql": c.SQLCommand("SELECT 1"), "script": c.ScriptCommand(), "shell": c.ShellCommand(),
		} {
			if !slices.Contains(args, flag) {
				t.Errorf("%s: %s says %q, want %s in it", c.Security, what, args, flag)
			}
		}
		set, err := c.StatefulSet(0)
		if err != nil {
			t.Fatal(err)
		}
		probe := set.Spec.Template.Spec.Containers[0].ReadinessProbe
		if got := strings.ToLower(string(*probe.HTTPGet.Scheme)); got != c.HTTPScheme() {
			t.Errorf("%s: probe by %s, questions by %s", c.Security, got, c.HTTPScheme())
		}
	}
}
