package cockroach

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

const oldImage = "cockroachdb/cockroach:v21.1.2"

func machine(cpu, memory string) Machine {
	return Machine{Name: "m", CPU: resource.MustParse(cpu), Memory: resource.MustParse(memory), Schedulable: true}
}

func TestFit_choosesTheSameSizeForAll(t *testing.T) {
	cordoned := machine("64", "256Gi")
	cordoned.Schedulable = false
	for _, test := range []struct {
		what     string
		machines []Machine
		nodes    int
		image    string
		want     string
		text     string
	}{
		{
			"room for the official size",
			[]Machine{machine("4", "16Gi"), machine("4", "16Gi"), machine("4", "16Gi")},
			3, DefaultImage,
			"2 8Gi", "3 pods on 3 nodes with 12 CPU and 48Gi free together: 2 CPU and 8Gi each",
		},
		{
			"all on one laptop",
			[]Machine{machine("3800m", "7400Mi")},
			3, DefaultImage,
			"1 2Gi", "3 pods on 1 node with 3.8 CPU and 7.2Gi free: 1 CPU and 2Gi each (the official size is 2 CPU, 8Gi)",
		},
		{
			"little CPU, much memory",
			[]Machine{machine("1", "64Gi")},
			3, DefaultImage,
			"250m 8Gi", "3 pods on 1 node with 1 CPU and 64Gi free: 0.25 CPU and 8Gi each (the official size is 2 CPU, 8Gi)",
		},
		{
			"the least",
			[]Machine{machine("750m", "6Gi")},
			3, DefaultImage,
			"250m 2Gi", "3 pods on 1 node with 0.75 CPU and 6Gi free: 0.25 CPU and 2Gi each (the official size is 2 CPU, 8Gi)",
		},
		{
			"the least of an old release",
			[]Machine{machine("750m", "3Gi")},
			3, oldImage,
			"250m 1Gi", "3 pods on 1 node with 0.75 CPU and 3Gi free: 0.25 CPU and 1Gi each (the official size is 2 CPU, 8Gi)",
		},
		{
			"uneven machines",
			[]Machine{machine("8", "32Gi"), machine("500m", "1Gi"), cordoned},
			3, DefaultImage,
			"2 8Gi", "3 pods on 2 nodes with 8.5 CPU and 33Gi free together: 2 CPU and 8Gi each",
		},
		{
			"one pod",
			[]Machine{machine("1900m", "3Gi")},
			1, DefaultImage,
			"1500m 3Gi", "1 pod on 1 node with 1.9 CPU and 3Gi free: 1.5 CPU and 3Gi each (the official size is 2 CPU, 8Gi)",
		},
		{"nothing known", nil, 3, DefaultImage, "2 8Gi", "2 CPU and 8Gi each, the official size: what is free on the nodes is not known"},
	} {
		t.Run(test.what, func(t *testing.T) {
			size, text, err := Fit(test.machines, test.nodes, test.image)
			if err != nil {
				t.Fatal(err)
			}
			if got := size.CPU.String() + " " + size.Memory.String(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if text != test.text {
				t.Errorf("%s\nwant\n%s", text, test.text)
			}
			c := sampleCluster(image(test.image), nodes(test.nodes))
			c.CPU, c.Memory = size.CPU, size.Memory
			if err := c.Validate(); err != nil {
				t.Errorf("the chosen size is not valid: %v", err)
			}
		})
	}
}

func TestFit_saysWhatWouldBeNeeded(t *testing.T) {
	down := machine("8", "32Gi")
	down.Schedulable = false
	overfull := machine("0", "0")
	overfull.CPU.Sub(resource.MustParse("1"))
	overfull.Memory.Sub(resource.MustParse("1Gi"))
	for _, test := range []struct {
		what         string
		machines     []Machine
		nodes        int
		reason, hint string
	}{
		{
			"one machine",
			[]Machine{machine("2", "3900Mi")},
			3,
			"3 pods of at least 0.25 CPU and 2Gi need 0.75 CPU and 6Gi of memory, and 1 node has free: 2 CPU, 3.8Gi",
			"--nodes 1 needs 0.25 CPU and 2Gi; or give the nodes more",
		},
		{
			"two machines",
			[]Machine{machine("2", "2500Mi"), machine("2", "1Gi")},
			3,
			"3 pods of at least 0.25 CPU and 2Gi need 0.75 CPU and 6Gi of memory, and 2 nodes have free: 2 CPU, 2.4Gi; 2 CPU, 1Gi, room for 1 of them",
			"--nodes 1 needs 0.25 CPU and 2Gi; or give the nodes more",
		},
		{
			"not even one",
			[]Machine{overfull},
			1,
			"1 pod of at least 0.25 CPU and 2Gi need 0.25 CPU and 2Gi of memory, and 1 node has free: 0 CPU, 0Gi",
			"free or add memory and CPU on the nodes until 2Gi and 0.25 CPU are there",
		},
		{
			"none ready",
			[]Machine{down},
			3,
			"no node takes pods now", "kubectl get nodes shows whether they are ready, cordoned or tainted",
		},
	} {
		t.Run(test.what, func(t *testing.T) {
			_, _, err := Fit(test.machines, test.nodes, DefaultImage)
			var none *NoRoom
			if !errors.As(err, &none) {
				t.Fatalf("%v, want a *NoRoom", err)
			}
			if none.Reason != test.reason {
				t.Errorf("%s\nwant\n%s", none.Reason, test.reason)
			}
			if none.Hint != test.hint {
				t.Errorf("hint %s, want %s", none.Hint, test.hint)
			}
		})
	}
}
