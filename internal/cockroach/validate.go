package cockroach

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	// maxName leaves room for what Kubernetes puts behind the name of a
	// StatefulSet: the revision label is the name, a dash and up to 10
	// characters, and a label has 63 at most.
	maxName = 52
	// MaxNodes keeps every name built from name and ordinal within 63.
	MaxNodes = 999
)

// Validate says everything that is wrong with the cluster, as *Fault values
// joined into one error (see Faults). nil means that Objects can be applied.
func (c Cluster) Validate() error {
	var faults []*Fault
	faults = append(faults, c.nameFaults()...)
	faults = append(faults, c.countFaults()...)
	faults = append(faults, c.imageFaults()...)
	faults = append(faults, c.sizeFaults()...)
	faults = append(faults, c.settledFaults()...)
	if len(c.nameFaults()) == 0 { // the patch names the objects by it
		faults = append(faults, c.patchFaults()...)
	}
	return join(faults)
}

func (c Cluster) nameFaults() []*Fault {
	var faults []*Fault
	switch {
	case len(validation.IsDNS1035Label(c.Name)) > 0:
		faults = append(faults, &Fault{
			"name", c.Name, "not a name that Kubernetes allows for a Service",
			fmt.Sprintf("a-z, 0-9 and dashes, beginning with a letter, not ending in a dash, at most %d characters", maxName),
		})
	case len(c.Name) > maxName:
		faults = append(faults, &Fault{
			"name", c.Name, fmt.Sprintf("too long for the names and labels of its pods: %d characters, at most %d", len(c.Name), maxName),
			"choose a shorter one",
		})
	}
	if len(validation.IsDNS1123Label(c.Namespace)) > 0 {
		faults = append(faults, &Fault{
			"namespace", c.Namespace, "not a name that Kubernetes allows for a namespace",
			"a-z, 0-9 and dashes, not beginning or ending in a dash, at most 63 characters",
		})
	}
	for _, fault := range faults {
		if fault.Value == "" {
			fault.Value = `""`
		}
	}
	return faults
}

func (c Cluster) countFaults() []*Fault {
	var faults []*Fault
	nodes := strconv.Itoa(c.Nodes)
	switch {
	case c.Nodes < 1:
		faults = append(faults, &Fault{"nodes", nodes, "a cluster has at least one", "1, or 3 and more"})
	case c.Nodes == 2:
		faults = append(faults, &Fault{"nodes", nodes, "two cannot keep a quorum when one is gone", "1, or 3 and more"})
	case c.Nodes > MaxNodes:
		faults = append(faults, &Fault{"nodes", nodes, fmt.Sprintf("more than %d", MaxNodes), "1, or 3 and more"})
	}
	switch {
	case c.SpareVolumes < 0:
		faults = append(faults, &Fault{"spare-volumes", strconv.Itoa(c.SpareVolumes), "less than none", "0 or more"})
	case c.SpareVolumes > MaxNodes:
		faults = append(faults, &Fault{"spare-volumes", strconv.Itoa(c.SpareVolumes), fmt.Sprintf("more than %d", MaxNodes), "0 or more"})
	}
	return faults
}

// image grammar, as registries enforce it; host and path are checked loosely.
const (
	imageNamePattern   = `^[a-zA-Z0-9]+([._:/-]+[a-zA-Z0-9]+)*$`
	imageTagPattern    = `^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}$`
	imageDigestPattern = `^[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$`
)

// maxImageName is what the container runtimes allow, registry and path together.
const maxImageName = 255

// fault is why no container runtime would take the reference; empty: it would.
func (ref imageRef) fault(image string) string {
	_, repository, _ := strings.Cut(ref.name, "/") // capitals may stand in a registry's name alone
	if !strings.Contains(ref.name, "/") {
		repository = ref.name
	}
	switch {
	case strings.Contains(image, "://"):
		return "an image has no scheme, such as https, before its registry"
	case strings.HasSuffix(image, ":"):
		return "the tag is empty"
	case strings.HasSuffix(image, "@"):
		return "the digest is empty"
	case strings.Contains(ref.digest, "@"):
		return "has two digests"
	case ref.digest != "" && !regexp.MustCompile(imageDigestPattern).MatchString(ref.digest):
		return "the digest is none: sha256: and 64 hexadecimal digits"
	case ref.tag != "" && !regexp.MustCompile(imageTagPattern).MatchString(ref.tag):
		return "the tag has other characters than letters, digits, dots, dashes and _, or more than 128"
	case len(ref.name) > maxImageName:
		return fmt.Sprintf("the name is longer than %d characters", maxImageName)
	case repository != strings.ToLower(repository):
		return "the name of an image has no capital letters"
	case !regexp.MustCompile(imageNamePattern).MatchString(ref.name):
		return "not an image reference"
	}
	return ""
}

func (c Cluster) imageFaults() []*Fault {
	fault := func(reason string) []*Fault {
		return []*Fault{{"image", c.Image, reason, "name a release, such as " + DefaultImage}}
	}
	ref := parseImage(c.Image)
	version, released := VersionOf(c.Image)
	switch {
	case c.Image == "":
		return fault("must not be empty")
	case ref.fault(c.Image) != "":
		return fault(ref.fault(c.Image))
	case ref.tag == "" && ref.digest == "":
		return fault("has neither tag nor digest, so that nobody knows what would run")
	case ref.digest == "" && strings.HasPrefix(ref.tag, "latest"):
		return fault("the tag moves: a pod that starts again could run another release than its peers")
	case released && !version.Deployable():
		return fault("releases before v21.1 are not supported")
	}
	return nil
}

func (c Cluster) sizeFaults() []*Fault {
	var faults []*Fault
	check := func(field string, q, least resource.Quantity, why string) {
		switch {
		case q.Sign() <= 0:
			faults = append(faults, &Fault{field, q.String(), "must be more than 0", leastHint(field, q, least)})
		case q.Cmp(least) < 0:
			faults = append(faults, &Fault{field, q.String(), "less than " + least.String() + ", " + why, leastHint(field, q, least)})
		}
	}
	check("cpu", c.CPU, resource.MustParse("100m"), "with which the database cannot keep its own time limits")
	check("memory", c.Memory, LeastMemory(c.Image), "below which this release does not run reliably")
	check("storage", c.Storage, resource.MustParse("1Gi"), "which the database's own files need")
	return faults
}

// leastHint sees "500m" given for bytes: a thousandth, not mega.
func leastHint(field string, q, least resource.Quantity) string {
	if field != "cpu" && q.MilliValue()%1000 != 0 {
		return "m means a thousandth; Mi and Gi are the units of bytes"
	}
	return "at least " + least.String()
}

// settledFaults are those of what is settled with the cluster and names its
// data: a wrong value here could make the program delete the wrong directory.
func (c Cluster) settledFaults() []*Fault {
	var faults []*Fault
	switch {
	case c.StorageClass != "" && c.HostPath != "":
		faults = append(faults, &Fault{"host-path", c.HostPath, "cannot go with a storage class", "one of the two"})
	case c.StorageClass == "" && c.HostPath == "":
		faults = append(faults, &Fault{"storage-class", "", "neither a class nor a path for volumes of our own", "one of --storage-class and --host-path"})
	case c.HostPath != "":
		faults = append(faults, c.pathFaults()...)
	case len(validation.IsDNS1123Subdomain(c.StorageClass)) > 0:
		faults = append(faults, &Fault{"storage-class", c.StorageClass, "not a name that Kubernetes allows", "kubectl get storageclass lists them"})
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(c.Incarnation) {
		faults = append(faults, &Fault{"incarnation", c.Incarnation, "not eight hexadecimal digits", ""})
	}
	faults = append(faults, c.securityFaults()...)
	if c.ClusterID != "" && !uuid().MatchString(c.ClusterID) {
		faults = append(faults, &Fault{"cluster-id", c.ClusterID, "not the identity of a cluster", ""})
	}
	return faults
}

func (c Cluster) securityFaults() []*Fault {
	var faults []*Fault
	if c.Security != Insecure && c.Security != TLS {
		faults = append(faults, &Fault{"security", string(c.Security), "not a mode that this crdb-kube knows", "tls or insecure"})
	}
	switch {
	case c.CertsSecret == "":
	case c.Security == Insecure:
		faults = append(faults, &Fault{"certs-secret", c.CertsSecret, "an insecure cluster has no certificates", "leave out one of --certs-secret and --insecure"})
	case len(validation.IsDNS1123Subdomain(c.CertsSecret)) > 0:
		faults = append(faults, &Fault{"certs-secret", c.CertsSecret, "not a name that Kubernetes allows for a Secret", "kubectl get secrets lists them"})
	case c.CertsSecret == c.CertificatesSecretName(), c.CertsSecret == c.AuthoritySecretName(), c.CertsSecret == c.AppSecretName():
		faults = append(faults, &Fault{"certs-secret", c.CertsSecret, "a name that crdb-kube uses for its own Secrets", "choose another name"})
	}
	return append(faults, c.appUserFaults()...)
}

func (c Cluster) pathFaults() []*Fault {
	fault := func(reason, hint string) []*Fault {
		return []*Fault{{"host-path", c.HostPath, reason, hint}}
	}
	switch {
	case !path.IsAbs(c.HostPath):
		return fault("not an absolute path", "such as /var/lib/crdb-kube")
	case path.Clean(c.HostPath) == "/":
		return fault("the root of the machine's files is no place for data", "such as /var/lib/crdb-kube")
	case path.Clean(c.HostPath) != c.HostPath:
		return fault("not a plain path", path.Clean(c.HostPath))
	case strings.ContainsFunc(c.HostPath, func(r rune) bool { return r < ' ' || r == 0x7f || r == ':' || r == '\\' || r == 0xfffd }):
		return fault("has characters that a path for volumes cannot have", "such as /var/lib/crdb-kube")
	}
	return nil
}
