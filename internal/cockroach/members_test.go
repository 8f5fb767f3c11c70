package cockroach

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// As v21.1.2 answers, with addresses of pods; the last was decommissioned.
const fourMembers = `id,address,sql_address,build,started_at,updated_at,locality,is_available,is_live,gossiped_replicas,is_decommissioning,membership,is_draining
1,cockroachdb-0.cockroachdb.default:26257,cockroachdb-0.cockroachdb.default:26257,v21.1.2,2026-11-22 16:12:12.34026,2026-11-22 16:21:16.892819,,true,true,37,false,active,false
3,cockroachdb-1.cockroachdb.default:26257,cockroachdb-1.cockroachdb.default:26257,v21.1.2,2026-11-22 16:20:10.652322,2026-11-22 16:21:18.745873,,true,false,37,false,active,false
2,cockroachdb-2.cockroachdb.default:26257,cockroachdb-2.cockroachdb.default:26257,v21.1.2,2026-11-22 16:20:31.666769,2026-11-22 16:21:16.782231,,true,true,12,true,decommissioning,false
4,cockroachdb-3.cockroachdb.default:26257,cockroachdb-3.cockroachdb.default:26257,v21.1.2,2026-11-22 16:20:31.666769,2026-11-22 16:21:16.782231,,false,false,NULL,true,decommissioned,false
`

func TestParseMembers_readsTheTableByItsHeader(t *testing.T) {
	known := func(n int64) Count { return Count{Value: n, Known: true} }
	got, err := ParseMembers(fourMembers)
	if err != nil {
		t.Fatal(err)
	}
	want := []Member{
		{1, "cockroachdb-0.cockroachdb.default", "v21.1.2", true, MemberActive, known(37)},
		{3, "cockroachdb-1.cockroachdb.default", "v21.1.2", false, MemberActive, known(37)},
		{2, "cockroachdb-2.cockroachdb.default", "v21.1.2", true, MemberDecommissioning, known(12)},
		{4, "cockroachdb-3.cockroachdb.default", "v21.1.2", false, MemberDecommissioned, Count{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Newer releases have more columns, and no address of one that is dead.
	newer := "id,address,build,attrs,is_available,is_live,gossiped_replicas,membership\n5,NULL,v24.3.1,[],false,false,NULL,active\n"
	got, err = ParseMembers(newer)
	if diff := cmp.Diff([]Member{{ID: 5, Build: "v24.3.1", Membership: MemberActive}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if c := sampleCluster(); want[1].Host != c.HostOf(1) {
		t.Errorf("the pod is known as %s", c.HostOf(1))
	}
}

func TestParseMembers_refusesWhatItCannotRead(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                "",
		"no membership":          strings.ReplaceAll(fourMembers, ",membership", ",other"),
		"an unknown membership":  strings.ReplaceAll(fourMembers, "decommissioning,false\n", "asleep,false\n"),
		"no number":              strings.ReplaceAll(fourMembers, "\n3,", "\nthree,"),
		"node 0":                 strings.ReplaceAll(fourMembers, "\n3,", "\n0,"),
		"a row that is cut off":  fourMembers[:len(fourMembers)-30],
		"an error in its place":  "ERROR: cannot dial server.\nIs the server running?\n",
		"quotes that do not end": "id,\"address\n1,2\n",
	} {
		if got, err := ParseMembers(text); err == nil {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzParseMembers(f *testing.F) {
	f.Add(fourMembers)
	f.Add("id,address,build,is_live,gossiped_replicas,membership\n1,\"a:1\",,,,active\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := ParseMembers(text)
		for _, one := range all {
			if one.ID <= 0 || one.Membership == "" {
				t.Errorf("%+v", one)
			}
		}
		if err != nil && all != nil {
			t.Error("rows beside an error")
		}
	})
}

func TestMemberCommands_nameIDsAndNeverWaitByThemselves(t *testing.T) {
	c := sampleCluster()
	for want, got := range map[string][]string{
		"node status --decommission --format=csv": c.MembersCommand(),
		"node decommission 4 5 --wait=none":       c.DecommissionCommand([]int{4, 5}),
		"node decommission 4 5 --wait=all":        c.DismissCommand([]int{4, 5}),
		"node recommission 4":                     c.RecommissionCommand([]int{4}),
	} {
		var words []string
		for _, word := range got[1:] {
			if !strings.HasPrefix(word, "--host") && !strings.HasPrefix(word, "--certs-dir") && word != "--insecure" {
				words = append(words, word)
			}
		}
		if strings.Join(words, " ") != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
