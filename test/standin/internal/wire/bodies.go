package wire

import "time"

// Operations of the protocol.
const (
	OpInit         = "init"         // make a cluster of an uninitialised node
	OpJoin         = "join"         // Join -> Joined
	OpPing         = "ping"         // Ping -> Ping
	OpAgree        = "agree"        // messages of package agree
	OpHello        = "hello"        // Hello, opens a session
	OpSQL          = "sql"          // Statements -> Results
	OpNodes        = "nodes"        // NodesQuery -> []NodeRow
	OpDecommission = "decommission" // Decommission -> []NodeRow
	OpDrain        = "drain"        // -> Drained
)

// Join asks a member for a node ID.
type Join struct {
	Token string `json:"token"` // the same for every try of one store
	Addr  string `json:"addr"`
}

// Joined is its answer.
type Joined struct {
	Cluster string `json:"cluster"`
	NodeID  int    `json:"nodeID"`
	Version string `json:"version"` // the cluster's
	Log     []byte `json:"log"`     // the first entry of the cluster's log, JSON
}

// Liveness is what one CockroachDB node says about itself.
type Liveness struct {
	ID         int       `json:"id"`
	Addr       string    `json:"addr"`
	Epoch      int       `json:"epoch"`
	Expiration time.Time `json:"expiration"`
	Draining   bool      `json:"draining"`
	Started    time.Time `json:"started"`
	Published  NodeStats `json:"published"`
}

// NodeStats are the numbers that node status shows, published each 10 s.
type NodeStats struct {
	At              time.Time `json:"at"`
	Leaders         int       `json:"leaders"`
	Leaseholders    int       `json:"leaseholders"`
	Ranges          int       `json:"ranges"`
	Unavailable     int       `json:"unavailable"`
	UnderReplicated int       `json:"underReplicated"`
	LiveBytes       int64     `json:"liveBytes"`
	Capacity        int64     `json:"capacity"`
	Available       int64     `json:"available"`
	Used            int64     `json:"used"`
}

// Ping carries what a CockroachDB node knows of itself and of its log.
type Ping struct {
	Liveness Liveness `json:"liveness"`
	Chosen   uint64   `json:"chosen"`
}

// Hello opens a session.
type Hello struct {
	User     string `json:"user"`
	Password string `json:"password,omitempty"`
	Database string `json:"database,omitempty"`
}

// Statements is SQL text, one or more statements.
type Statements struct {
	Text string `json:"text"`
}

// Results are the results up to the first error.
type Results struct {
	Results []Result `json:"results"`
	Error   *Error   `json:"error,omitempty"`
}

// Result is a statement's tag, or columns and rows; a nil cell is NULL.
type Result struct {
	Tag     string      `json:"tag,omitempty"`
	Columns []string    `json:"columns,omitempty"`
	Rows    [][]*string `json:"rows,omitempty"`
}

// NodesQuery says what node status is asked for.
type NodesQuery struct {
	Stats bool `json:"stats"` // also the numbers that need a quorum
}

// NodeRow is one line of node status.
type NodeRow struct {
	ID               int       `json:"id"`
	Addr             string    `json:"addr"`
	Build            string    `json:"build"`
	Started          time.Time `json:"started"`
	Updated          time.Time `json:"updated"`
	Locality         string    `json:"locality"`
	Available        bool      `json:"available"`
	Live             bool      `json:"live"`
	Stats            NodeStats `json:"stats"`
	GossipedReplicas int       `json:"gossipedReplicas"`
	Decommissioning  bool      `json:"decommissioning"`
	Membership       string    `json:"membership"`
	Draining         bool      `json:"draining"`
	Blocked          string    `json:"blocked,omitempty"` // why its replicas could not go, where that was asked
}

// Decommission asks for a change of membership. To is "decommissioning",
// "decommissioned" or "active"; empty only asks.
type Decommission struct {
	IDs []int  `json:"ids"`
	To  string `json:"to,omitempty"`
	// Check asks what stands against it.
	Check bool `json:"check,omitempty"`
}

// Drained says how much was left when the drain was asked for.
type Drained struct {
	Remaining int `json:"remaining"`
}
