package cockroach

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

// Machine is a machine of the Kubernetes cluster and what is free on it:
// allocatable less what the pods there request.
type Machine struct {
	Name        string
	CPU, Memory resource.Quantity
	// Schedulable says whether a plain pod can be placed there now.
	Schedulable bool
}

// Size is what every pod of a cluster asks for.
type Size struct{ CPU, Memory resource.Quantity }

// Official says whether it is at least what the official manifest asks for.
func (s Size) Official() bool {
	return s.CPU.MilliValue() >= officialCPU && s.Memory.Value() >= officialMemory<<30
}

// NoRoom is the error of Fit: not even the least fits.
type NoRoom struct {
	// Reason is one line with the arithmetic.
	Reason string
	// Hint is what would help.
	Hint string
}

func (e *NoRoom) Error() string { return e.Reason }

// leastCPU is what Fit goes down to, in thousandths. What was measured on a
// small machine had about that much left to each pod.
const leastCPU = 250

// Fit chooses the size of so many pods of this image: what the official
// manifest asks for, 2 CPU and 8Gi each, where the machines have room for it
// (several pods may share one), else less, the same for all. The text is the
// arithmetic in one line. Without any machine to look at it is the official
// size; with machines too small the error is a *NoRoom.
func Fit(machines []Machine, nodes int, image string) (Size, string, error) {
	if len(machines) == 0 {
		return Size{CPU: milli(officialCPU), Memory: gibi(officialMemory)},
			"2 CPU and 8Gi each, the official size: what is free on the nodes is not known", nil
	}
	var open []Machine
	for _, machine := range machines {
		if machine.Schedulable {
			open = append(open, machine)
		}
	}
	least := LeastMemory(image)
	var best Size
	score := 0.0
	for _, memory := range memorySteps() {
		for _, cpu := range cpuSteps() {
			size := Size{CPU: milli(cpu), Memory: gibi(memory)}
			if size.Memory.Cmp(least) < 0 || room(open, size) < nodes {
				continue
			}
			if s := balance(cpu, memory); s > score {
				best, score = size, s
			}
		}
	}
	if score == 0 {
		return Size{}, "", noRoom(open, nodes, Size{CPU: milli(leastCPU), Memory: least})
	}
	return best, explain(open, nodes, best), nil
}

// The official size, in thousandths of a CPU and in Gi.
const (
	officialCPU    = 2000
	officialMemory = 8
)

func cpuSteps() []int64    { return []int64{officialCPU, 1500, 1000, 750, 500, leastCPU} }
func memorySteps() []int64 { return []int64{officialMemory, 6, 4, 3, 2, 1} }

// balance grows with the poorer of the two, then with the other.
func balance(cpu, memory int64) float64 {
	c, m := float64(cpu)/officialCPU, float64(memory)/officialMemory
	return min(c, m) + max(c, m)/1000
}

func milli(n int64) resource.Quantity { return *resource.NewMilliQuantity(n, resource.DecimalSI) }
func gibi(n int64) resource.Quantity  { return *resource.NewQuantity(n<<30, resource.BinarySI) }

// room is how many pods of a size the machines can take.
func room(machines []Machine, size Size) int {
	pods := int64(0)
	for _, machine := range machines {
		cpu := machine.CPU.MilliValue() / size.CPU.MilliValue()
		memory := machine.Memory.Value() / size.Memory.Value()
		pods += max(0, min(cpu, memory))
	}
	return int(min(pods, MaxNodes))
}

func explain(machines []Machine, nodes int, size Size) string {
	text := fmt.Sprintf("%s on %s: %s CPU and %s each", plural(nodes, "pod"), describe(machines), cpuText(size.CPU), &size.Memory)
	if !size.Official() {
		text += " (the official size is 2 CPU, 8Gi)"
	}
	return text
}

// describe counts the machines and what is free: exactly for one, the sum for more.
func describe(machines []Machine) string {
	var cpu, memory resource.Quantity
	for _, machine := range machines {
		cpu.Add(machine.CPU)
		memory.Add(machine.Memory)
	}
	together := ""
	if len(machines) > 1 {
		together = " together"
	}
	return fmt.Sprintf("%s with %s CPU and %s free%s", plural(len(machines), "node"), cpuText(cpu), gibiText(memory), together)
}

func noRoom(machines []Machine, nodes int, least Size) error {
	if len(machines) == 0 {
		return &NoRoom{Reason: "no node takes pods now", Hint: "kubectl get nodes shows whether they are ready, cordoned or tainted"}
	}
	total := *resource.NewQuantity(least.Memory.Value()*int64(nodes), resource.BinarySI)
	totalCPU := milli(leastCPU * int64(nodes))
	reason := fmt.Sprintf("%s of at least %s CPU and %s need %s CPU and %s of memory, and %s",
		plural(nodes, "pod"), cpuText(least.CPU), &least.Memory, cpuText(totalCPU), &total, has(machines))
	if fits := room(machines, least); len(machines) > 1 && fits > 0 {
		reason += fmt.Sprintf(", room for %d of them", fits)
	}
	hint := fmt.Sprintf("free or add memory and CPU on the nodes until %s and %s CPU are there", &total, cpuText(totalCPU))
	if nodes > 1 && room(machines, least) > 0 {
		hint = fmt.Sprintf("--nodes 1 needs %s CPU and %s; or give the nodes more", cpuText(least.CPU), &least.Memory)
	}
	return &NoRoom{Reason: reason, Hint: hint}
}

func has(machines []Machine) string {
	verb := "has"
	if len(machines) > 1 {
		verb = "have"
	}
	var free []string
	for _, machine := range machines {
		free = append(free, fmt.Sprintf("%s CPU, %s", cpuText(machine.CPU), gibiText(machine.Memory)))
	}
	const most = 4
	if len(free) > most {
		free = append(free[:most], "…")
	}
	return fmt.Sprintf("%s %s free: %s", plural(len(machines), "node"), verb, strings.Join(free, "; "))
}

// gibiText is an amount of memory with one decimal place. What is free is
// rounded down: what does not fit must not look as if it did.
func gibiText(q resource.Quantity) string {
	tenths := max(0, q.Value()) / (1 << 20) * 10 / (1 << 10)
	return strconv.FormatFloat(float64(tenths)/10, 'f', -1, 64) + "Gi"
}

// cpuText is an amount of CPU with at most two decimal places, rounded down.
func cpuText(q resource.Quantity) string {
	return strconv.FormatFloat(float64(max(0, q.MilliValue())/10)/100, 'f', -1, 64)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
