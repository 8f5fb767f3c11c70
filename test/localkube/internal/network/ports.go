package network

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

// FreePorts chooses a TCP port for each name that nobody listens on, neither
// on 127.0.0.1 nor on any other address of the host. They lie below the range
// that the kernel takes for outgoing connections, so that none of those can
// take one before its owner listens.
func FreePorts(names ...string) (map[string]int, error) {
	const lowest = 12000
	highest := 29999
	var first, last int
	if data, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if _, err := fmt.Sscan(string(data), &first, &last); err == nil && first > lowest+1000 && first <= highest {
			highest = first - 1
		}
	}
	chosen := map[string]int{}
	taken := map[int]bool{}
	for range 1000 {
		if len(chosen) == len(names) {
			return chosen, nil
		}
		port := lowest + rand.IntN(highest-lowest)
		if taken[port] || !free(port) {
			continue
		}
		taken[port] = true
		chosen[names[len(chosen)]] = port
	}
	return nil, errors.New("no free ports on 127.0.0.1")
}

func free(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
