// Package kube holds every conversation with an API server: reading, server-side
// apply, deletion by UID, watching, exec, requests to pods, and the lock that keeps
// two commands apart. It is the only package of the program that knows client-go.
//
// It knows nothing of databases: names, labels and selectors come from its callers.
package kube
