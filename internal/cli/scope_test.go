package cli

import "testing"

func TestScoped_saysWhereTheClusterIs(t *testing.T) {
	a, _, _ := testApp(noInput(), nil)
	a.root()
	next := "crdb-kube up continues with them, crdb-kube down --delete-data removes them"
	if got := a.scoped(next); got != next {
		t.Errorf("with nothing said: %q", got)
	}
	*a.flags.KubeConfig, *a.flags.Context, *a.flags.Namespace, a.name = "my config", "kind", "db", "shop"
	for text, want := range map[string]string{
		next: "crdb-kube up --kubeconfig 'my config' --context kind -n db --name shop continues with them, " +
			"crdb-kube down --kubeconfig 'my config' --context kind -n db --name shop --delete-data removes them",
		"kubectl exec -it shop-0 -- sql": "kubectl --kubeconfig 'my config' --context kind -n db exec -it shop-0 -- sql",
		"kubectl -n db exec -it shop-0":  "kubectl --kubeconfig 'my config' --context kind -n db exec -it shop-0",
		"crdb-kube status":               "crdb-kube status --kubeconfig 'my config' --context kind -n db --name shop",
		"crdb-kube down, then crdb-kube up; crdb-kube certs": "crdb-kube down --kubeconfig 'my config' --context kind -n db --name shop, " +
			"then crdb-kube up --kubeconfig 'my config' --context kind -n db --name shop; crdb-kube certs --kubeconfig 'my config' --context kind -n db --name shop",
		"crdb-kube explain CRASH_LOOP":       "crdb-kube explain CRASH_LOOP",
		"the same command again tries again": "the same command again tries again",
	} {
		if got := a.scoped(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestTyped_isTheCommandAsItWasGiven(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"scale", "4", "--force-conflicts"}, "crdb-kube scale 4 --force-conflicts"},
		{[]string{"upgrade", "--rollback", "--grace", "5s"}, "crdb-kube upgrade --grace=5s --rollback"},
		{[]string{"restart", "cockroachdb-1", "--namespace", "db"}, "crdb-kube restart cockroachdb-1"},
		{[]string{"up", "--fresh", "--yes", "--patch", "my file"}, "crdb-kube up --fresh --patch='my file'"},
		{[]string{"forward", "--port", "0", "--", "go", "test"}, "crdb-kube forward --port=0"},
	} {
		a, _, _ := testApp(noInput(), nil)
		cmd, rest, err := a.root().Find(test.args)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := typed(cmd); got != test.want {
			t.Errorf("%q: %q, want %q", test.args, got, test.want)
		}
	}
}

func TestQuoted_isOneWordForAShellWhateverIsInIt(t *testing.T) {
	for word, want := range map[string]string{
		"plain-1.2:3/4@5%6+7=8,9_": "plain-1.2:3/4@5%6+7=8,9_",
		"a b":                      "'a b'",
		"it's":                     `'it'\''s'`,
		"a\nrm b":                  "'a\nrm b'",
		"a\ntouch":                 "'a\ntouch'", // a line break alone begins a command, too
		"ü":                        "'ü'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
