package server

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func numCPU() int { return runtime.NumCPU() }

// spaceCache keeps the sizes of the store for a moment: walking it for every
// reading is not needed.
type spaceCache struct {
	mu                sync.Mutex
	at                time.Time
	total, free, used int64
}

func (c *spaceCache) refresh(s *Server) {
	if time.Since(c.at) > time.Second {
		c.at, c.used = time.Now(), s.store.Used()
		c.total, c.free = s.store.Space()
	}
}

func (c *spaceCache) get(s *Server) (total, free int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh(s)
	return c.total, c.free
}

func (c *spaceCache) usedBytes(s *Server) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh(s)
	return c.used
}

// metric is one line of /_status/vars, without the name's labels.
type metric struct {
	name   string
	labels string // {…} or ""
	value  float64
}

// serveVars writes the metrics that a status tool needs. The real program
// writes 615 families, in an order that differs between calls; so does this
// one, as a map gives them.
func (s *Server) serveVars(w http.ResponseWriter, _ *http.Request) {
	byName := map[string]metric{}
	for _, m := range s.metrics() {
		byName[m.name] = m
	}
	var b bytes.Buffer
	for _, m := range byName {
		fmt.Fprintf(&b, "# HELP %[1]s %[2]s\n# TYPE %[1]s gauge\n%[1]s%[3]s %[4]s\n",
			m.name, strings.ReplaceAll(m.name, "_", " "), m.labels, strconv.FormatFloat(m.value, 'g', -1, 64))
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write(b.Bytes()[:b.Len()/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush() // chunked, as recorded
	}
	_, _ = w.Write(b.Bytes()[b.Len()/2:])
}

func (s *Server) metrics() []metric {
	v := s.view()
	n := s.numbers(v)
	total, free := s.space.get(s)
	store := fmt.Sprintf(`{store="%d"}`, v.self)
	out := []metric{
		{"node_id", fmt.Sprintf(`{advertise_addr=%q,http_addr=%q,sql_addr=%q}`, s.cfg.Advertise, s.cfg.httpAdvertise(), s.cfg.Advertise), float64(v.self)},
		{"build_timestamp", fmt.Sprintf(`{tag=%q,go_version=%q}`, s.cfg.Build.Tag, s.cfg.Build.GoVersion), float64(s.buildTime())},
		{"liveness_livenodes", "", float64(v.liveNodes())},
		{"sys_uptime", "", float64(int(time.Since(s.born).Seconds()))},
		{"sys_fd_open", "", float64(openFiles())},
		{"sys_fd_softlimit", "", float64(fileLimit())},
		{"sys_rss", "", float64(residentBytes())},
		{"sys_go_allocbytes", "", float64(allocatedBytes())},
		{"sys_goroutines", "", float64(runtime.NumGoroutine())},
	}
	perStore := map[string]float64{
		"capacity": float64(total), "capacity_available": float64(free), "capacity_used": float64(s.space.usedBytes(s)),
		"capacity_reserved": 0, "ranges": float64(n.leads), "replicas": float64(n.replicas),
		"ranges_unavailable": float64(n.unavailable), "ranges_underreplicated": float64(n.underReplicated),
		"ranges_overreplicated": 0, "replicas_leaders": float64(n.leads), "replicas_leaseholders": float64(n.leads),
		"replicas_leaders_not_leaseholders": 0, "replicas_quiescent": float64(n.replicas), "replicas_reserved": 0,
		"leases_epoch": float64(n.leads), "leases_error": 0, "leases_expiration": 0, "leases_success": 0,
		"leases_transfers_error": 0, "leases_transfers_success": 0,
		"requests_slow_latch": 0, "requests_slow_lease": 0, "requests_slow_raft": 0,
	}
	for name, value := range perStore {
		out = append(out, metric{name, store, value})
	}
	out = append(out, clockMetrics(v)...)
	for name := range strings.FieldsSeq("liveness_epochincrements " +
		"liveness_heartbeatfailures liveness_heartbeatsinflight liveness_heartbeatsuccesses requests_slow_distsender " +
		"seconds_until_enterprise_license_expiry sql_conns sql_mem_root_current sys_cgo_allocbytes") {
		out = append(out, metric{name: name})
	}
	return append(out, s.certMetrics()...)
}

// clockMetrics are as recorded in a cluster of three; a node that hears no
// other has compared its clock with none.
func clockMetrics(v view) []metric {
	mean, deviation := 49390.0, 257557.0
	if v.liveNodes() < 2 {
		mean, deviation = 0, 0
	}
	return []metric{{"clock_offset_meannanos", "", mean}, {"clock_offset_stddevnanos", "", deviation}}
}

// certMetrics are the ends of certificates in seconds since 1970; 0: no such
// certificate.
func (s *Server) certMetrics() []metric {
	const prefix = "security_certificate_expiration_"
	var out []metric
	for kind := range strings.FieldsSeq("client_ca ui ui_ca node_client ca_client_tenant client_tenant") {
		out = append(out, metric{name: prefix + kind})
	}
	var ca, node time.Time
	if s.certs != nil {
		ca, node = s.certs.Expiry()
	}
	seconds := func(t time.Time) float64 {
		if t.IsZero() {
			return 0
		}
		return float64(t.Unix())
	}
	return append(out, metric{prefix + "ca", "", seconds(ca)}, metric{prefix + "node", "", seconds(node)})
}

func (s *Server) buildTime() int64 {
	t, _ := time.Parse("2006/01/02 15:04:05", s.cfg.Build.Time)
	return t.Unix()
}

func openFiles() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

func fileLimit() uint64 {
	var r syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r)
	return r.Cur
}

func residentBytes() int {
	statm, _ := os.ReadFile("/proc/self/statm")
	f := strings.Fields(string(statm))
	if len(f) < 2 {
		return 0
	}
	pages, _ := strconv.Atoi(f[1])
	return pages * os.Getpagesize()
}

func allocatedBytes() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Alloc
}
