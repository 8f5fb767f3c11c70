package cockroach

import (
	"path"
	"slices"
	"strings"
)

// guards are the parts of one object on which data, identity or the checks of
// this program depend, or which have a flag of their own.
func (c Cluster) guards(kind, name string) []guard {
	common := []guard{
		{"status", settled, at("status")},
		{"metadata", "labels and annotations can be added; leave the rest out", exceptLabels("metadata")},
		{"metadata.labels", "add others; leave those of crdb-kube as they are", ourKeys("metadata", "labels")},
		{"metadata.annotations", "add others; leave those of crdb-kube as they are", ourKeys("metadata", "annotations")},
		{"spec.selector", settled, at("spec", "selector")},
	}
	switch kind {
	case kindSet:
		return slices.Concat(common, setGuards(), podGuards(), containerGuards())
	case kindService:
		return slices.Concat(common, serviceGuards(), c.roleGuards(name))
	}
	return common
}

func setGuards() []guard {
	return []guard{
		{"spec.replicas", "leave it out; --nodes decides it", at("spec", "replicas")},
		{"spec.serviceName", settled, at("spec", "serviceName")},
		{"spec.podManagementPolicy", settled, at("spec", "podManagementPolicy")},
		{"spec.updateStrategy", settled, at("spec", "updateStrategy")},
		{"spec.ordinals", settled, at("spec", "ordinals")},
		{
			"spec.volumeClaimTemplates", "leave it out; --storage, --storage-class and --host-path decide it",
			at("spec", "volumeClaimTemplates"),
		},
		{
			"spec.persistentVolumeClaimRetentionPolicy", "leave it out; down --delete-data deletes the claims",
			at("spec", "persistentVolumeClaimRetentionPolicy"),
		},
	}
}

func podGuards() []guard {
	return []guard{
		{"spec.template.metadata", "labels and annotations can be added; leave the rest out", exceptLabels("spec", "template", "metadata")},
		{"spec.template.metadata.labels", "add others; leave those of crdb-kube as they are", ourKeys("spec", "template", "metadata", "labels")},
		{
			"spec.template.metadata.annotations", "add others; leave those of crdb-kube as they are",
			ourKeys("spec", "template", "metadata", "annotations"),
		},
		{"spec.template.spec.resources", "leave it out; --cpu and --memory decide it", at("spec", "template", "spec", "resources")},
		{
			"spec.template.spec.containers", "the database's container, cockroachdb, is the only one; initContainers can be added",
			func(object fields) any { return keysOf(containers(object), "name") },
		},
		{"spec.template.spec.volumes", "add others; leave datadir and the certificates as they are", func(object fields) any {
			return named(list(object, "spec", "template", "spec", "volumes"), claimTemplate, certsVolume, secretVolume)
		}},
		{"spec.template.spec.initContainers[" + copier + "]", settled, func(object fields) any {
			return named(list(object, "spec", "template", "spec", "initContainers"), copier)
		}},
		{"spec.template.spec.shareProcessNamespace", settled, at("spec", "template", "spec", "shareProcessNamespace")},
	}
}

func containerGuards() []guard {
	part := func(name, hint string) guard {
		return guard{"spec.template.spec.containers[" + Container + "]." + name, hint, func(object fields) any {
			return database(object)[name]
		}}
	}
	nested := func(name string, read func(container fields) any) guard {
		return guard{"spec.template.spec.containers[" + Container + "]." + name, settled, func(object fields) any {
			return read(database(object))
		}}
	}
	return []guard{
		part("image", "leave it out; --image decides it"),
		part("command", settled),
		part("args", settled),
		part("resources", "leave it out; --cpu and --memory decide it"),
		nested("readinessProbe", func(container fields) any {
			return only(at("readinessProbe")(container), "httpGet", "exec", "tcpSocket", "grpc")
		}),
		nested("ports", func(container fields) any {
			return portsOf(list(container, "ports"), "containerPort", "protocol")
		}),
		nested("env", func(container fields) any {
			return named(list(container, "env"), reservedEnv()...)
		}),
		nested("volumeMounts", func(container fields) any { return storeMounts(list(container, "volumeMounts")) }),
	}
}

// ourPrefix is what all labels and annotations of our own making begin with.
const ourPrefix = "crdb-kube.github.io/"

// reservedEnv are the variables that the arguments are made of, and those
// that the commands sent into the pod would heed, such as init.
func reservedEnv() []string {
	return []string{
		envName, envNamespace,
		"COCKROACH_URL", "COCKROACH_HOST", "COCKROACH_PORT", "COCKROACH_USER", "COCKROACH_DATABASE",
		"COCKROACH_INSECURE", "COCKROACH_CERTS_DIR",
	}
}

func serviceGuards() []guard {
	return []guard{
		{"spec.ports", "ports can be added, and nodePort or appProtocol set; leave the rest of grpc and http as it is", func(object fields) any {
			return portsOf(list(object, "spec", "ports"), "port", "targetPort", "protocol")
		}},
		{"spec.publishNotReadyAddresses", settled, at("spec", "publishNotReadyAddresses")},
	}
}

// roleGuards are those in which the two Services differ.
func (c Cluster) roleGuards(name string) []guard {
	if name == c.HeadlessService() {
		return []guard{
			{"spec.clusterIP", settled, at("spec", "clusterIP")},
			{"spec.clusterIPs", settled, at("spec", "clusterIPs")},
			{"spec.type", settled, at("spec", "type")},
		}
	}
	is := func(value string, way ...string) func(fields) any {
		return func(object fields) any { return at(way...)(object) == value }
	}
	return []guard{
		{"spec.type", "ClusterIP, NodePort or LoadBalancer", is("ExternalName", "spec", "type")},
		{"spec.clusterIP", "leave it out; the other Service is the headless one", is("None", "spec", "clusterIP")},
	}
}

// at reads what stands at the end of a way of names; nil: nothing.
func at(way ...string) func(fields) any {
	return func(object fields) any {
		var value any = object
		for _, name := range way {
			inner, _ := value.(fields)
			value = inner[name]
		}
		return value
	}
}

func list(object fields, way ...string) []any {
	all, _ := at(way...)(object).([]any)
	return all
}

// exceptLabels reads metadata without labels and annotations.
func exceptLabels(way ...string) func(fields) any {
	return func(object fields) any {
		metadata, _ := at(way...)(object).(fields)
		rest := fields{}
		for key, value := range metadata {
			if key != "labels" && key != "annotations" {
				rest[key] = value
			}
		}
		return rest
	}
}

// ourKeys reads those labels or annotations that are ours to set.
func ourKeys(way ...string) func(fields) any {
	return func(object fields) any {
		all, _ := at(way...)(object).(fields)
		ours := fields{}
		for key, value := range all {
			if slices.Contains([]string{LabelName, LabelInstance, LabelManagedBy}, key) || strings.HasPrefix(key, ourPrefix) {
				ours[key] = value
			}
		}
		return ours
	}
}

func containers(object fields) []any { return list(object, "spec", "template", "spec", "containers") }

// database is the database's container.
func database(object fields) fields {
	for _, one := range containers(object) {
		if container, _ := one.(fields); container["name"] == Container {
			return container
		}
	}
	return nil
}

// keysOf are the values of one key of all items.
func keysOf(items []any, key string) []any {
	var all []any
	for _, item := range items {
		one, _ := item.(fields)
		all = append(all, one[key])
	}
	return all
}

// named are the items with these names.
func named(items []any, names ...string) map[string][]any {
	all := map[string][]any{}
	for _, item := range items {
		one, _ := item.(fields)
		if name, _ := one["name"].(string); slices.Contains(names, name) {
			all[name] = append(all[name], item)
		}
	}
	return all
}

// only is an object with these keys alone.
func only(value any, keys ...string) fields {
	object, _ := value.(fields)
	part := fields{}
	for _, key := range keys {
		if value, there := object[key]; there {
			part[key] = value
		}
	}
	return part
}

// portsOf are the ports that have our names, with these keys of them.
func portsOf(items []any, keys ...string) map[string][]any {
	ours := named(items, "grpc", "http")
	for name, ports := range ours {
		for i := range ports {
			ours[name][i] = only(ports[i], keys...)
		}
	}
	return ours
}

// storeMounts are the mounts that are the data's or the certificates', or that
// would hide these or the program.
func storeMounts(mounts []any) map[string]any {
	all := map[string]any{}
	for _, mount := range mounts {
		one, _ := mount.(fields)
		place, _ := one["mountPath"].(string)
		ours := slices.Contains([]any{claimTemplate, certsVolume, secretVolume}, one["name"])
		if ours || slices.ContainsFunc([]string{storePath, program, CertsPath, secretPath}, func(p string) bool { return overlaps(place, p) }) {
			all[place] = mount
		}
	}
	return all
}

// overlaps says whether one path is the other or lies in it.
func overlaps(a, b string) bool {
	a, b = strings.TrimSuffix(path.Clean("/"+a), "/")+"/", strings.TrimSuffix(path.Clean("/"+b), "/")+"/"
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
