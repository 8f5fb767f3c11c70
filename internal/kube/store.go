package kube

import (
	"sync/atomic"

	"k8s.io/client-go/tools/cache"
)

// store keeps the objects of one kind and rings at every change.
type store struct {
	cache.Store
	ring func()
	full atomic.Bool
}

func newStore(ring func()) *store {
	return &store{Store: cache.NewStore(cache.DeletionHandlingMetaNamespaceKeyFunc), ring: ring}
}

// listed tells whether everything was listed once.
func (s *store) listed() bool { return s.full.Load() }

// Add keeps a new object.
func (s *store) Add(obj any) error {
	defer s.ring()
	return s.Store.Add(obj)
}

// Update keeps a changed object.
func (s *store) Update(obj any) error {
	defer s.ring()
	return s.Store.Update(obj)
}

// Delete forgets an object.
func (s *store) Delete(obj any) error {
	defer s.ring()
	return s.Store.Delete(obj)
}

// Replace keeps these objects and no other: everything was listed.
func (s *store) Replace(all []any, version string) error {
	defer s.ring()
	defer s.full.Store(true)
	return s.Store.Replace(all, version)
}
