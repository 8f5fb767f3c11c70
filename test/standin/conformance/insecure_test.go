package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestNodeStatus_threeLiveEveryFormat(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	n := append(namesOf(nodes, 21001, 21501), struct{ recorded, live string }{"127.0.0.1:21099", freeAddr(t)})
	recs := recordings(t, "node.txt")
	for name := range strings.FieldsSeq("ns_tsv ns_csv ns_records ns_sql ns_one ns_missing node_ls node_ls_table ns_refused") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, exact) })
	}
	for name := range strings.FieldsSeq("ns_csv_ranges ns_csv_stats ns_csv_decommission ns_csv_all") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, withoutNumbers) })
	}
	t.Run("ns_table", func(t *testing.T) { replay(t, recs["ns_table"], n, withoutWidth) })
	t.Run("ns_raw", func(t *testing.T) { replay(t, recs["ns_raw"], n, withoutNumbers) })
	again := recordings(t, "init.txt")
	for name := range strings.FieldsSeq("init_second init_second_n2") {
		t.Run(name, func(t *testing.T) { replay(t, again[name], n, exact) })
	}
}

// withoutWidth is for tables, whose width depends on addresses and times.
func withoutWidth(s string) string {
	return strings.NewReplacer(" ", "", "-", "").Replace(s)
}

func TestSQL_threeLive(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	file := filepath.Join(folder(t), "in.sql")
	if err := os.WriteFile(file, []byte("select 1 as a; select 2 as b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	n := append(namesOf(nodes, 21001, 21501),
		struct{ recorded, live string }{"127.0.0.1:21099", freeAddr(t)},
		struct{ recorded, live string }{"in.sql", file})
	recs := recordings(t, "sql.txt")
	for name := range strings.FieldsSeq("sql_create sql_default sql_table sql_records sql_dup sql_two sql_undef_table sql_null sql_syntax " +
		"sql_clusterid sql_nodeid sql_file sql_url sql_allow_unsafe sql_auto_upgrade sql_stmt_timeout sql_refused " +
		"sql_pdo sql_pdo_set sql_pdo2 sql_pdo_reset sql_pdo sql_pdo_bad sql_version sql_version_set_down sql_version_set_same sql_version_set_up") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, exact) })
	}
	for name := range strings.FieldsSeq("sql_gossip_nodes sql_gossip_liveness") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, withoutNumbers) })
	}
}

func TestInit_portNotOpenTriesForEver(t *testing.T) {
	t.Parallel()
	n := names{{"127.0.0.1:21099", freeAddr(t)}}
	replay(t, recordings(t, "init.txt")["init_port_not_open"], n, exact)
}

func TestBeforeInit_clientsWaitFifteenSeconds(t *testing.T) {
	t.Parallel()
	a := newNode(t)
	a.flags = []string{"start", "--insecure", "--join=" + a.rpc}
	a.start(t)
	n := namesOf([]*node{a}, 21001, 21501)
	recs := recordings(t, "init.txt")
	for name := range strings.FieldsSeq("sql_preinit nodestatus_preinit") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			replay(t, recs[name], n, exact)
			if took := time.Since(begun); took < 14*time.Second {
				t.Errorf("took %s, recorded 15 s", took)
			}
		})
	}
}

func TestInit_twoAtOnceMakeTwoClusters(t *testing.T) {
	t.Parallel()
	a, b := newNode(t), newNode(t)
	for _, x := range []*node{a, b} {
		x.flags = []string{"start", "--insecure", "--join=" + a.rpc + "," + b.rpc}
		x.start(t)
	}
	n := namesOf([]*node{a, b}, 21511, 21611)
	recs := recordings(t, "init.txt")
	t.Run("both", func(t *testing.T) {
		for name := range strings.FieldsSeq("race_init1 race_init2") {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				replay(t, recs[name], n, exact)
			})
		}
	})
	a.awaitReady(t, 10*time.Second)
	b.awaitReady(t, 10*time.Second)
	if x, y := clusterID(t, a), clusterID(t, b); x == y {
		t.Errorf("one cluster %s, recorded two", x)
	}
}

// clusterID asks the node for the ID of its cluster.
func clusterID(t *testing.T, n *node) string {
	t.Helper()
	r := execute(t, 10*time.Second, "", "sql", "--insecure", "--host="+n.rpc, "--format=csv", "-e", "select crdb_internal.cluster_id()")
	lines := strings.Fields(r.stdout)
	if len(lines) != 2 {
		t.Fatalf("cluster ID: %+v", r)
	}
	return lines[1]
}
