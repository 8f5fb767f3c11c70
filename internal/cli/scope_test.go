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
