// Package torture runs crdb-kube where everything goes wrong: killed at each of
// its requests, told old news, with a server that fails, and against other
// hands. After each case the same command runs once more in peace, and the
// state it ends with is compared with that of a run that nobody disturbed.
//
// The program talks to a proxy (proxy.go) that knows each request and decides
// what becomes of it. A long run writes docs/reliability.md.
//
// The environment chooses, beside what test/e2e knows (E2E_BIN, E2E_KEEP):
//
//	TORTURE_SEED    which cases are chosen, and in which order; a short run has
//	                1 otherwise, a long one makes one, and its report says it
//	TORTURE_FOR     how long a long run may take, such as 30m; what was not
//	                reached is in the report
//	TORTURE_REPORT  file that a long run writes its report to
package torture
