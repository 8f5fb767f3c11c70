// Package e2e holds the scenarios: what crdb-kube promises, tried on a real
// Kubernetes. They call the program as a person would, and look at the result
// through kubectl, never through the program itself.
//
// Without further ado they run on clusters that test/localkube makes of this
// machine, with the stand-in for CockroachDB; that needs root on Linux. The
// environment chooses:
//
//	E2E_BIN         folder with crdb-kube, localkube, standin.tar and what
//	                localkube needs (default: bin at the top of the repository)
//	E2E_KUBECONFIG  run on this cluster instead, one after the other, in
//	                namespaces of their own; it needs room for five pods of
//	                250m CPU and 2Gi of memory
//	E2E_IMAGE       image of the database there
//	E2E_KEEP        keep the folders of localkube, with all logs
//
// A scenario that cannot run says so in a line "needs real machines: NAME".
package e2e
