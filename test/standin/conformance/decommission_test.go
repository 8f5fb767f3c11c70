package conformance

import (
	"strings"
	"testing"
	"time"
)

func TestDecommission_threeNodesHaveNowhereToGo(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3)
	n := namesOf(nodes, 21001, 21501)
	recs := recordings(t, "decommission.txt")
	t.Run("decom_noid", func(t *testing.T) { replay(t, recs["decom_noid"], n, exact) })
	t.Run("decom_unknown", func(t *testing.T) { replay(t, recs["decom_unknown"], n, exact) })
	for name := range strings.FieldsSeq("decom_rf3_hang ns_decommissioning decom_none recom recom_again") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, withoutDots) })
	}
}

// withoutDots takes numbers and the dots of waiting out.
func withoutDots(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(withoutNumbers(s), ".", ""))
}

// collapsed also takes out that tables follow one another.
func collapsed(s string) string {
	const header = "id\tis_live\treplicas\tis_decommissioning\tmembership\tis_draining\n"
	s = strings.ReplaceAll(withoutDots(s), header, "")
	var out []string
	for line := range strings.SplitSeq(normal(s), "\n") {
		if l := strings.TrimSpace(line); l != "" && l != "N" { // N: the recorder's count of equal lines
			out = append(out, l)
		}
	}
	return normal(strings.Join(out, "\n"))
}

// withoutIDs also takes out which peer was asked.
func withoutIDs(s string) string {
	return withoutNumbers(strings.Replace(s, "connect to n2", "connect to n1", 1))
}

func TestDecommission_ofOneOfFour(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 4)
	n := namesOf(nodes, 21001, 21501)
	recs := recordings(t, "decommission.txt")
	t.Run("decom_all_ok", func(t *testing.T) {
		rec := recs["decom_all_ok"]
		got := execute(t, 90*time.Second, "", args(rec, n)...)
		check(t, rec, n, collapsed, got)
	})
	mustSQL(t, nodes[0], "CREATE TABLE\n", "CREATE DATABASE d; CREATE TABLE d.t (k INT PRIMARY KEY)")
	await(t, 20*time.Second, nodes[2].describe("not healthy"), func() bool { return nodes[2].readyCode() == 503 })
	a := get(t, "http://"+nodes[2].web+"/health?ready=1", nil)
	if !strings.Contains(a.Body, `"error": "node is not healthy"`) {
		t.Errorf("ready=1: %+v", a)
	}
	await(t, 20*time.Second, nodes[2].describe("sees nobody"), func() bool {
		return !strings.Contains(execute(t, 10*time.Second, "", args(recs["ns_via_decommissioned"], n)...).stdout, "true")
	})
	for name := range strings.FieldsSeq("ns_after_decom_plain ls_after_decom decom_again recom_decommissioned ns_via_decommissioned") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, exact) })
	}
	for name := range strings.FieldsSeq("ns_after_decom ns_dead_decom") {
		t.Run(name, func(t *testing.T) { replay(t, recs[name], n, withoutNumbers) })
	}
	sql := recordings(t, "sql.txt")
	t.Run("sql_via_decommissioned", func(t *testing.T) { replay(t, sql["sql_via_decommissioned"], n, exact) })
	t.Run("sql_via_decommissioned2", func(t *testing.T) { replay(t, sql["sql_via_decommissioned2"], n, withoutIDs) })
	t.Run("its store is refused", func(t *testing.T) {
		x := nodes[2]
		x.kill(t)
		x.start(t)
		await(t, 10*time.Second, x.describe("refused"), func() bool { return x.readyCode() == 503 })
	})
}

func args(rec recording, n names) []string {
	var out []string
	for _, a := range rec.args {
		out = append(out, n.toLive(a))
	}
	return out
}
