// Package state is what localkube remembers of one cluster: the file
// state.json in the cluster's folder, and where everything else in that folder
// stands. It is written before each thing is made, so that a later command can
// remove what an interrupted one had begun.
package state

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/crdb-kube/crdb-kube/test/localkube/internal/process"
)

// State is one cluster. Everything that a component's flags are made from is
// in it, so that a component can be started again by a later command.
type State struct {
	// Dir is the cluster's folder, absolute.
	Dir string `json:"dir"`
	// Ready is set when `up` has come to its end.
	Ready bool `json:"ready"`
	// Storage is the name of the storage set-up.
	Storage string `json:"storage"`
	// Network is which addresses the cluster uses.
	Network Network `json:"network"`
	// Ports are TCP ports on 127.0.0.1 by the name of what listens there.
	Ports map[string]int `json:"ports"`
	// Machines are the real machines.
	Machines []Machine `json:"machines"`
	// Simulated is how many machines kwok plays.
	Simulated int `json:"simulated"`
	// MachineMemory and MachineCPU are what a real machine reports as
	// allocatable, as Kubernetes quantities; empty means all of the host's.
	MachineMemory string `json:"machineMemory,omitempty"`
	MachineCPU    string `json:"machineCPU,omitempty"`
	// Bin is the folder with the components' binaries.
	Bin string `json:"bin"`
	// Processes are those in the host's own namespaces.
	Processes []process.Ref `json:"processes"`
}

// Network is the part of 10.0.0.0/8 and the host's links that a cluster uses.
type Network struct {
	// Block is the second byte of all its addresses.
	Block int `json:"block"`
	// Bridge is the host's link that the machines hang on; empty without real
	// machines.
	Bridge string `json:"bridge,omitempty"`
	// ForwardRule says that a rule was put in the host's FORWARD chain.
	ForwardRule bool `json:"forwardRule,omitempty"`
}

// Gateway is the host's own address on the bridge.
func (n Network) Gateway() string { return fmt.Sprintf("10.%d.0.1", n.Block) }

// All is everything the cluster uses.
func (n Network) All() string { return fmt.Sprintf("10.%d.0.0/16", n.Block) }

// MachineAddress is the address of the real machine with this index, from 0.
func (n Network) MachineAddress(i int) string { return fmt.Sprintf("10.%d.0.%d", n.Block, 11+i) }

// PodRange is the range of the pods of the real machine with this index.
func (n Network) PodRange(i int) string { return fmt.Sprintf("10.%d.%d.0/24", n.Block, 128+i) }

// Pods holds all pod ranges of real machines.
func (n Network) Pods() string { return fmt.Sprintf("10.%d.128.0/17", n.Block) }

// SimulatedPods is where the addresses of simulated pods come from.
func (n Network) SimulatedPods() string { return fmt.Sprintf("10.%d.64.1/18", n.Block) }

// Services is the range of Service addresses.
func (n Network) Services() string { return fmt.Sprintf("10.%d.16.0/20", n.Block) }

// APIService is the address of the Service kubernetes.
func (n Network) APIService() string { return fmt.Sprintf("10.%d.16.1", n.Block) }

// DNSService is the address of the Service kube-dns.
func (n Network) DNSService() string { return fmt.Sprintf("10.%d.16.10", n.Block) }

// Machine is one real machine.
type Machine struct {
	// Name is the Kubernetes node's name.
	Name string `json:"name"`
	// Index is its number, from 0.
	Index int `json:"index"`
	// Link is the host's end of its cable.
	Link string `json:"link"`
	// Zone is its topology.kubernetes.io/zone.
	Zone string `json:"zone"`
}

// MaxReal is how many real machines one cluster can have: their pod ranges
// have to fit.
const MaxReal = 100

// Tag is a short name made from the folder's path: what this cluster owns in
// the host's shared name spaces (links, cgroups) carries it.
func (s *State) Tag() string {
	sum := sha256.Sum256([]byte(s.Dir))
	return hex.EncodeToString(sum[:3])
}

// Bridge is the name its bridge has or would have.
func (s *State) Bridge() string { return "lk" + s.Tag() }

// Cgroup is the name of the cluster's cgroup under each hierarchy's root.
func (s *State) Cgroup() string { return "localkube-" + s.Tag() }

// Machine finds a real machine by name.
func (s *State) Machine(name string) (Machine, error) {
	for _, m := range s.Machines {
		if m.Name == name {
			return m, nil
		}
	}
	return Machine{}, fmt.Errorf("machine %q is not known", name)
}

// Record remembers a started process, in place of an earlier one of its name,
// and saves.
func (s *State) Record(ref process.Ref) error {
	s.Processes = slices.DeleteFunc(s.Processes, func(p process.Ref) bool { return p.Name == ref.Name })
	s.Processes = append(s.Processes, ref)
	return s.Save()
}

// Process finds a recorded process by name.
func (s *State) Process(name string) (process.Ref, bool) {
	for _, p := range s.Processes {
		if p.Name == name {
			return p, true
		}
	}
	return process.Ref{}, false
}

// ErrNone says that the folder holds no cluster.
var ErrNone = errors.New("no cluster here")

// Load reads the state of the cluster in dir, which must be absolute; the
// error is ErrNone where there is none.
func Load(dir string) (*State, error) {
	s := &State{Dir: dir}
	data, err := os.ReadFile(s.Path("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Path("state.json"), err)
	}
	s.Dir = dir
	return s, nil
}

// Save writes the state so that a reader sees the old or the new one, whole.
func (s *State) Save() error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(s.Path("state.json"), append(data, '\n'), 0o600)
}

// WriteFile writes through a second file and a rename.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, mode); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
