// Package conformance replays recordings of CockroachDB v21.1.2 against the
// stand-in, or, with COCKROACH=/path/to/cockroach, against a real binary: HTTP
// status, headers and bodies, streams and exit codes. Times, addresses, IDs,
// paths and the name of the distribution are made equal before comparing.
//
// The recordings are in testdata, trimmed; each begins with a line
//
//	== NAME :: COMMAND
package conformance
