// Package manifests holds the Kubernetes objects of a cluster as YAML that can
// be read and, with its default values, applied by hand. Whoever needs other
// values decodes and changes it; nothing is templated.
package manifests

import _ "embed"

//go:embed service-headless.yaml
var headlessService string

//go:embed service-public.yaml
var publicService string

//go:embed poddisruptionbudget.yaml
var podDisruptionBudget string

//go:embed statefulset.yaml
var statefulSet string

// HeadlessService is the Service that gives each pod its own name.
func HeadlessService() string { return headlessService }

// PublicService is the Service that clients connect to.
func PublicService() string { return publicService }

// PodDisruptionBudget keeps voluntary disruptions to one pod at a time.
func PodDisruptionBudget() string { return podDisruptionBudget }

// StatefulSet is the pods themselves, with their claims.
func StatefulSet() string { return statefulSet }
