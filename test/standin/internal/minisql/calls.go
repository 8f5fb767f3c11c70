package minisql

import (
	"time"

	"github.com/crdb-kube/crdb-kube/test/standin/internal/wire"
)

func (e Env) call(c call, r row) (any, error) {
	switch c.name {
	case "version":
		return e.Version, nil
	case "now", "current_timestamp":
		return moment{e.Now.UTC(), "timestamptz"}, nil
	case "current_user", "session_user":
		return e.User, nil
	case "current_database":
		return e.Database, nil
	case "crdb_internal.cluster_id":
		return e.ClusterID, nil
	case "crdb_internal.node_id":
		return int64(e.NodeID), nil
	case "crdb_internal.node_executable_version":
		return e.Release.Series(), nil
	case "pg_sleep":
		return e.sleep(c, r)
	case "count", "max", "min", "sum":
		return nil, wire.Errorf("42803", "%s(): aggregate functions are not allowed here", c.name)
	}
	return nil, wire.Errorf("42883", "unknown function: %s() (the stand-in knows few)", c.name)
}

func (e Env) sleep(c call, r row) (any, error) {
	if len(c.args) != 1 || e.Sleep == nil {
		return nil, wire.Errorf("42883", "unknown signature: pg_sleep()")
	}
	v, err := e.eval(c.args[0], r)
	if err != nil {
		return nil, err
	}
	f, _ := asFloat(v)
	return true, e.Sleep(time.Duration(f * float64(time.Second)))
}

// columnName is the name that a result column gets, as recorded.
func columnName(x expr) string {
	switch x := x.(type) {
	case column:
		return x.name
	case call:
		return x.name
	case literal:
		if _, ok := x.value.(bool); ok {
			return "bool"
		}
	case cast:
		switch x.value.(type) {
		case call, column:
			return columnName(x.value)
		}
		return map[string]string{
			"int": "int8", "float": "float8", "string": "text", "bool": "bool", "date": "date",
			"timestamp": "timestamp", "timestamptz": "timestamptz",
		}[x.typ]
	}
	return "?column?"
}
