package release

import "testing"

func TestParse(t *testing.T) {
	for tag, want := range map[string]string{
		"": "21.1", "v21.1.3": "21.1", "v22.1.0": "22.1", "v25.4.10": "25.4", "v26.3.0-alpha.1": "26.3",
	} {
		if r, err := Parse(tag); err != nil || r.Series() != want {
			t.Errorf("%q: %s, %v, want %s", tag, r.Series(), err, want)
		}
	}
	for _, tag := range []string{"21.1.3", "v21.1", "v21.3.0", "v20.1.0", "v99.1.0", "v21.1.x"} {
		if r, err := Parse(tag); err == nil {
			t.Errorf("%q: taken as %s", tag, r.Series())
		}
	}
}

func TestOldest_leavesInnovationsOut(t *testing.T) {
	for r, want := range map[Release]string{
		"v20.2.0": "20.1", "v21.1.2": "20.2", "v21.2.0": "21.1", "v22.1.0": "21.2", "v24.2.0": "24.1", "v24.3.0": "24.1", "v26.2.1": "25.4",
	} {
		if got := r.Oldest(); got != want {
			t.Errorf("%s: %s, want %s", r, got, want)
		}
	}
}

func TestCompare(t *testing.T) {
	for _, pair := range [][2]string{{"20.2", "21.1"}, {"21.2", "22.1"}, {"nonsense", "20.1"}} {
		if Compare(pair[0], pair[1]) >= 0 || Compare(pair[1], pair[0]) <= 0 || Compare(pair[0], pair[0]) != 0 {
			t.Errorf("%v: not in this order", pair)
		}
	}
	if !Release("v23.1.0").From("23.1") || Release("v22.2.9").From("23.1") {
		t.Error("From")
	}
}
