// Package deploy holds the verbs of crdb-kube and the order of their steps:
// what is looked at first, what is made, what is waited for, what is deleted.
//
// A verb reads what exists, decides with pure functions, writes through
// package kube, and reports every change as a progress.Event. It never prints.
package deploy
