package cockroach

import "testing"

// Lines as CockroachDB v21.1.2 wrote them, but where it says else.
func TestRecognise_knowsWhatLinesMean(t *testing.T) {
	for line, want := range map[string]Trouble{
		"ERROR: unable to create log directory: mkdir /cockroach/cockroach-data/logs: permission denied":                                                                                                                     StoreNotWritable,
		"could not create auxiliary directory: mkdir /cockroach/cockroach-data/auxiliary: permission denied":                                                                                                                 StoreNotWritable,
		"exec: \"/cockroach/cockroach\": permission denied":                                                                                                                                                                  "",
		"could not cleanup temporary directories: could not lock temporary directory /cockroach/cockroach-data/cockroach-temp1":                                                                                              "",
		"ERROR: cockroach server exited with error: store <no-attributes>=/cockroach/cockroach-data, last used with cockroach version v20.2, is too old for running version v21.2 (which requires data from v21.1 or later)": StoreTooOld, // v21.2.0
		"store last used with cockroach version v25.2 is too old for running version v26.2 (which requires data from v25.4 or later)":                                                                                        StoreTooOld, // v26.2
		"* ERROR: cockroach server exited with error: inspecting engines: cockroach version v2.1 is incompatible with data in store <no-attributes>=/data; use version v19.1 or later":                                       StoreTooNew, // v2.1
		"store last used with cockroach version v26.2 is too high for running version v25.4":                                                                                                                                 StoreTooNew, // v26
		"W261122 16:22:25.9 60 rpc/x.go:1 ⋮ [n?] 9  client cluster ID \"‹a›\" doesn't match server cluster ID \"‹b›\"":                                                                                                       OtherCluster,
		"closing client to ‹127.0.0.1:21002›: ‹rpc error: code = Unknown desc = gossip connection refused from different cluster 63dcc5b7›":                                                                                  "",
		"rpc error: code = PermissionDenied desc = n3 was permanently removed from the cluster at 2026-11-22; it is not allowed to rejoin the cluster":                                                                       Decommissioned,
		"ERROR: unknown flag: --no-such-flag": BadFlag,
		"ERROR: invalid argument \"abc\" for \"--cache\" flag: strconv.ParseFloat: parsing \"\": invalid syntax":                                                                                                                           BadFlag,
		"failed to start server: problem using security settings: key file /cockroach/certs/node.key has permissions -rw-r--r--, exceeds -rwx------":                                                                                       CertificateUnusable,
		"client/server node certificate has principals [\"notnode\" \"localhost\"], expected \"node\"":                                                                                                                                     CertificateUnusable,
		"authentication handshake failed: x509: certificate signed by unknown authority":                                                                                                                                                   CertificateRefused,
		"outgoing join rpc to ‹cockroachdb-0.cockroachdb:26257› unsuccessful: ‹rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing dial tcp: lookup cockroachdb-0.cockroachdb: no such host\"›": NameNotFound,
		"clock synchronization error: this node is more than 500ms away from at least half of the known nodes (0 of 1 are within the offset)":                                                                                              ClockOff, // as users report it
		"liveness record not found": "", // also said for a moment in every restart
	} {
		if got, _ := Recognise("before\n" + line + "\nFailed running \"start\"\n"); got != want {
			t.Errorf("%s: got %q, want %q", line, got, want)
		}
	}
}

func TestRecognise_givesTheLastLineThatIsKnownWithoutTheLogsPrefix(t *testing.T) {
	log := "W261122 16:22:33.570379 1 1@cli/start.go:992 ⋮ [-] 1  ALL SECURITY CONTROLS HAVE BEEN DISABLED!\n" +
		"W261122 16:22:34.1 51 server/init.go:421 ⋮ [n?] 14  outgoing join rpc to ‹cockroachdb-0.cockroachdb:26257› unsuccessful: ‹lookup cockroachdb-0.cockroachdb on 10.96.0.10:53: no such host›\n" +
		"I261122 16:22:34.2 51 server/init.go:430 ⋮ [n?] 15  ‹another› is itself waiting for init, will retry\n"
	trouble, said := Recognise(log)
	if want := "outgoing join rpc to cockroachdb-0.cockroachdb:26257 unsuccessful: lookup cockroachdb-0.cockroachdb on 10.96.0.10:53: no such host"; trouble != NameNotFound || said != want {
		t.Errorf("got %q: %q", trouble, said)
	}
}

func TestRecogniseExit_knowsWhatCodesMeanWhereNothingWasSaid(t *testing.T) {
	for code, want := range map[int32]Trouble{1: "", 4: BadFlag, 6: DiskFull, 7: "", 10: DiskFull, 137: ""} {
		if got, _ := RecogniseExit(code, ""); got != want {
			t.Errorf("exit code %d: got %q, want %q", code, got, want)
		}
	}
	if got, said := RecogniseExit(4, "ERROR: unknown flag: --x\n"); got != BadFlag || said != "unknown flag: --x" {
		t.Errorf("got %q: %q", got, said)
	}
}
