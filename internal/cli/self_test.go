package cli

import (
	"strings"
	"testing"
)

// As a plugin the program speaks of itself as it was called.
func TestPlugin_speaksOfItselfAsItWasCalled(t *testing.T) {
	run := func(args ...string) (out, errOut string, code int) {
		a, stdout, stderr := testApp(noInput(), nil)
		code = a.run(t.Context(), args)
		return stdout.String(), stderr.String(), code
	}
	out, _, _ := run("/usr/bin/kubectl-crdb", "up", "--help")
	if !strings.Contains(out, "kubectl crdb up [flags]") || !strings.Contains(out, "kubectl crdb up --nodes 1") || strings.Contains(out, "crdb-kube up") {
		t.Errorf("help says\n%s", out)
	}
	_, wrong, code := run("kubectl-crdb.exe", "forward", "extra", "-n", "shop")
	if want := "kubectl crdb forward -- extra"; code != 2 || !strings.Contains(wrong, want) {
		t.Errorf("exit code %d, says %q, want %s", code, wrong, want)
	}
	offered, _, _ := run("/usr/bin/kubectl_complete-crdb", "status", "-o", "")
	if !strings.Contains(offered, "yaml\n") {
		t.Errorf("offers %q", offered)
	}
	own, _, _ := run("crdb-kube", "up", "--help")
	if !strings.Contains(own, "crdb-kube up [flags]") || strings.Contains(own, "kubectl crdb") {
		t.Errorf("its own name: %s", own)
	}
}

func TestNamed_leavesWhatIsNoCommandAlone(t *testing.T) {
	a, _, _ := testApp(noInput(), nil)
	a.self = pluginName
	a.root()
	*a.flags.Namespace = "shop"
	for text, want := range map[string]string{
		"crdb-kube up --nodes 3":                        "kubectl crdb up -n shop --nodes 3",
		"crdb-kube itself gives none":                   "crdb-kube itself gives none",
		"kubectl get pods, then crdb-kube down":         "kubectl -n shop get pods, then kubectl crdb down -n shop",
		"a newer crdb-kube may have written it":         "a newer crdb-kube may have written it",
		"kubectl logs p; crdb-kube certs rotate":        "kubectl -n shop logs p; kubectl crdb certs rotate -n shop",
		"crdb-kube explain IMAGE_NOT_FOUND says more":   "kubectl crdb explain IMAGE_NOT_FOUND says more",
		"kubectl crdb forward -- sh stands as it stood": "kubectl crdb forward -- sh stands as it stood",
	} {
		if got := a.scoped(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
