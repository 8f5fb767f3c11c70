package cockroach

import (
	"encoding/json"
	"reflect"

	"k8s.io/apimachinery/pkg/api/resource"
)

// patchFaults says what is wrong with the patch: what it cannot say, and what
// it must not touch. The answer depends on the cluster's name and on nothing
// else of it, so that a patch that is right once stays right at other sizes.
func (c Cluster) patchFaults() []*Fault {
	if c.Patch == "" {
		return nil
	}
	documents, fault := c.parsePatch()
	if fault != nil {
		return []*Fault{fault}
	}
	objects, err := c.unwritten().plainObjects()
	if err != nil {
		return []*Fault{patchFault(err.Error(), "")}
	}
	var faults []*Fault
	now := map[string][]byte{}
	for _, object := range objects {
		now[object.kind+" "+object.name] = object.json
	}
	for _, d := range documents {
		key := d.kind + " " + d.name
		merged, fault := merge(now[key], []document{d}, d.kind, d.name)
		if fault != nil {
			return append(faults, fault)
		}
		faults = append(faults, d.touched(now[key], merged, c.guards(d.kind, d.name))...)
		now[key] = merged
	}
	return faults
}

// unwritten is the cluster with values that nobody writes, and without the
// patch: where a patch names a value that a flag decides, even today's, it is
// found to differ.
func (c Cluster) unwritten() Cluster {
	c.Nodes, c.SpareVolumes = MaxNodes-1, 0
	c.Image = "unwritten.invalid/unwritten@sha256:0123456789abcdef0123456789abcdef"
	c.CPU, c.Memory, c.Storage = resource.MustParse("1234567891n"), resource.MustParse("1234567891"), resource.MustParse("1234567891")
	c.StorageClass, c.HostPath = "unwritten.invalid", ""
	c.Patch, c.InitSQL = "", ""
	return c
}

// plainObject is one object of the cluster as JSON, without the patch.
type plainObject struct {
	kind, name string
	json       []byte
}

func (c Cluster) plainObjects() ([]plainObject, error) {
	list, err := c.Objects()
	if err != nil {
		return nil, err
	}
	var all []plainObject
	for _, object := range list {
		named, ok := object.(interface {
			GetKind() *string
			GetName() *string
		})
		if !ok {
			continue
		}
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		all = append(all, plainObject{*named.GetKind(), *named.GetName(), text})
	}
	return all, nil
}

// guard is a part of an object that a patch must leave as it is.
type guard struct {
	// field says where it stands, as `kubectl explain` does.
	field string
	// hint is what sets it instead.
	hint string
	read func(fields) any
}

const settled = "leave it out: the data, the cluster's identity or its start depend on it"

// touched compares the guarded parts before and after this document.
func (d document) touched(before, after []byte, guards []guard) []*Fault {
	var was, will fields
	if json.Unmarshal(before, &was) != nil || json.Unmarshal(after, &will) != nil {
		return []*Fault{d.fault("", "not an object any more")}
	}
	var faults []*Fault
	for _, guard := range guards {
		if !reflect.DeepEqual(guard.read(was), guard.read(will)) {
			faults = append(faults, d.fault(guard.hint, "%s: is not for a patch to change", guard.field))
		}
	}
	return faults
}
