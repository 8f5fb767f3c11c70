// Package cockroach says what a cluster is: its names, labels, sizes and
// objects, the commands and answers of the database, and what differs from
// one release to the next. It is pure: no network, no files, no clock. What it
// must know of the world is passed in.
package cockroach
