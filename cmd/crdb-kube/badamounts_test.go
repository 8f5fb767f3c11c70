package main

// Amounts of CPU, memory and storage that cannot be.
func badQuantities() []badInput {
	return []badInput{
		typedWrong("a unit that Kubernetes does not know", "--storage 10Gb: not an amount", "10G or 10Gi", "up", "--storage", "10Gb"),
		typedWrong("a unit in small letters", "--memory 8gi: not an amount", "8G or 8Gi", "up", "--memory", "8gi"),
		typedWrong("a unit in words", `--storage "10 bytes": not an amount`, "10Gi", "up", "--storage", "10 bytes"),
		typedWrong("kilobytes", "--storage 5kb: not an amount", "5k or 5Ki", "up", "--storage", "5kb"),
		typedWrong("megabytes", "--storage 5MB: not an amount", "5M or 5Mi", "up", "--storage", "5MB"),
		typedWrong("terabytes", "--storage 5TB: not an amount", "5T or 5Ti", "up", "--storage", "5TB"),
		typedWrong("petabytes", "--storage 5PB: not an amount", "5P or 5Pi", "up", "--storage", "5PB"),
		typedWrong("exabytes", "--storage 5EB: not an amount", "5E or 5Ei", "up", "--storage", "5EB"),
		typedWrong("a word for CPU", "--cpu many: not an amount", "2 or 500m", "up", "--cpu", "many"),
		typedWrong("no CPU at all", "--cpu 0: must be more than 0", "at least 100m", "up", "--cpu", "0"),
		typedWrong("too little CPU", "--cpu 50m: less than 100m", "at least 100m", "up", "--cpu", "50m"),
		typedWrong("no memory", "--memory 0: must be more than 0", "at least 1Gi", "up", "--memory", "0"),
		typedWrong("a negative memory", "--memory -1Gi: must be more than 0", "at least 2Gi", "up", "--memory", "-1Gi", "--image", "x:v26.2.5"),
		typedWrong("too little memory", "below which this release does not run reliably", "at least 2Gi", "up", "--memory", "1Gi", "--image", "x:v26.2.5"),
		typedWrong("a thousandth of a byte", "--memory 500m: less than", "m means a thousandth", "up", "--memory", "500m"),
		typedWrong("too little storage", "--storage 1Mi: less than 1Gi", "at least 1Gi", "up", "--storage", "1Mi"),
		typedWrong("an exponent without end", "--storage 1e999999999: not an amount", "10Gi", "up", "--storage", "1e999999999"),
		typedWrong("an escape sequence", `--cpu "\x1b[1m2": not an amount`, "2 or 500m", "up", "--cpu", "\x1b[1m2"),
	}
}

// Images that are none, or that cannot be run.
func badImages() []badInput {
	hex := "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	return []badInput{
		typedWrong("none", "--image: must not be empty", "cockroachdb/cockroach:v", "up", "--image", ""),
		typedWrong("neither tag nor digest", "has neither tag nor digest", "name a release", "up", "--image", "cockroachdb/cockroach"),
		typedWrong("a tag that moves", "the tag moves", "name a release", "up", "--image", "cockroachdb/cockroach:latest"),
		typedWrong("a release that is too old", "releases before v21.1 are not supported", "name a release", "up", "--image", "cockroachdb/cockroach:v20.2.19"),
		typedWrong("an empty tag", "the tag is empty", "", "up", "--image", "cockroachdb/cockroach:"),
		typedWrong("a tag with a sign", "the tag has other characters", "", "up", "--image", "cockroachdb/cockroach:v26!"),
		typedWrong("an empty digest", "the digest is empty", "", "up", "--image", "cockroachdb/cockroach@"),
		typedWrong("a short digest", "the digest is none", "", "up", "--image", "cockroachdb/cockroach@sha256:abc"),
		typedWrong("a name with a space", "not an image reference", "", "up", "--image", "cockroach db:v26.2.5"),
		typedWrong("a name in capitals", "capital", "", "up", "--image", "CockroachDB/Cockroach:v26.2.5"),
		typedWrong("a scheme before it", "has no scheme", "", "up", "--image", "https://example.com/cockroach:v26.2.5"),
		typedWrong("a name without end", "longer than 255", "", "up", "--image", many("a/", 200)+"cockroach:v26.2.5"),
		typedWrong("two digests", "two digests", "", "up", "--image", "cockroach@sha256:"+hex+"@sha256:"+hex),
	}
}

func many(text string, n int) string {
	var all []byte
	for range n {
		all = append(all, text...)
	}
	return string(all)
}
