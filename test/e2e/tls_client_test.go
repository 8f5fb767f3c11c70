package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// attempt is how a command of kubectl ended that may well have failed.
type attempt struct {
	stdout, stderr string
	code           int
}

func (a attempt) String() string {
	return fmt.Sprintf("exit code %d\n-- stdout\n%s-- stderr\n%s", a.code, a.stdout, a.stderr)
}

// try runs kubectl and says how it ended. It may be called from any goroutine.
func (p place) try(ctx context.Context, args ...string) attempt {
	var stdout, stderr strings.Builder
	cmd := p.suite.command(ctx, p.cluster, append([]string{"-n", p.namespace}, args...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	got := attempt{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		got.stderr, got.code = got.stderr+err.Error(), -1
	}
	return got
}

// A client is a pod that belongs to nobody's cluster. Each of its containers
// connects in its own way, once a test sends it there; until then it idles, as
// the one program of the database's image idles: waiting for an init.
const client = "client"

// way is how one container of the client connects.
type way struct {
	name   string
	env    []corev1.EnvVar
	mounts []corev1.VolumeMount
}

// makeClient makes the client and waits until it can be used.
func (p place) makeClient(volumes []corev1.Volume, ways ...way) {
	p.t.Helper()
	nothing, grace := false, int64(1)
	app := corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "cockroachdb-app"}}
	volumes = append(volumes, corev1.Volume{Name: appVolume, VolumeSource: app})
	pod := corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: client},
		Spec:       corev1.PodSpec{AutomountServiceAccountToken: &nothing, TerminationGracePeriodSeconds: &grace, Volumes: volumes},
	}
	for i, one := range ways {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{
			Name: one.name, Image: p.suite.image, Env: one.env, VolumeMounts: one.mounts,
			Command: []string{
				"/cockroach/cockroach", "start", "--insecure", "--join=127.0.0.1:1", fmt.Sprintf("--store=/cockroach/idle-%d", i),
				fmt.Sprintf("--listen-addr=127.0.0.1:%d", 26300+i), fmt.Sprintf("--http-addr=127.0.0.1:%d", 8300+i),
			},
		})
	}
	text, err := json.Marshal(pod)
	if err != nil {
		p.t.Fatal(err)
	}
	p.kubectlWith(string(text), "apply", "-f", "-")
	p.kubectl("wait", "--for=condition=Ready", "pod/"+client, "--timeout=60s")
}

// fromSecret is a variable with what one key of the application's Secret holds.
func fromSecret(variable, key string) corev1.EnvVar {
	selector := &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "cockroachdb-app"}, Key: key}
	return corev1.EnvVar{Name: variable, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: selector}}
}

// appVolume is the application's Secret as files, under appPath.
const (
	appVolume = "app"
	appPath   = "/app"
)

// asItStands connects with what stands under the key uri. The client of
// CockroachDB before v22.1 wants a CA even where nothing is to be verified.
func asItStands() way {
	return way{
		name:   "plain",
		env:    []corev1.EnvVar{fromSecret("COCKROACH_URL", "uri"), {Name: "COCKROACH_CERTS_DIR", Value: appPath}},
		mounts: []corev1.VolumeMount{{Name: appVolume, MountPath: appPath, ReadOnly: true}},
	}
}

// verifying puts a connection string together from the other keys, and makes
// sure whom it talks to by ca.crt.
func verifying() way {
	return way{
		name: "verifying",
		env: []corev1.EnvVar{
			fromSecret("APP_USER", "username"), fromSecret("APP_PASSWORD", "password"), fromSecret("APP_HOST", "host"),
			fromSecret("APP_PORT", "port"), fromSecret("APP_DATABASE", "database"),
			{Name: "COCKROACH_URL", Value: "postgresql://$(APP_USER):$(APP_PASSWORD)@$(APP_HOST):$(APP_PORT)/$(APP_DATABASE)?sslmode=verify-full&sslrootcert=" + appPath + "/ca.crt"},
		},
		mounts: []corev1.VolumeMount{{Name: appVolume, MountPath: appPath, ReadOnly: true}},
	}
}

// connect runs `cockroach sql` in one of the client's containers.
func (p place) connect(ctx context.Context, way string, args ...string) attempt {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.try(ctx, append([]string{"exec", client, "-c", way, "--", "/cockroach/cockroach", "sql", "--format=csv"}, args...)...)
}

// getsIn wants these rows. A Service knows of a pod that is ready a moment
// later than everybody else: until then it refuses connections.
func (p place) getsIn(way, rows string, args ...string) {
	p.t.Helper()
	var got attempt
	p.await(10*time.Second, func() string {
		if got = p.connect(p.t.Context(), way, args...); strings.Contains(got.stderr, "connect: connection refused") {
			return got.String()
		}
		return ""
	})
	if got.code != 0 || strings.TrimSpace(got.stdout) != rows {
		p.t.Errorf("%s %q: want %q, got %s", way, args, rows, got)
	}
}

// staysOut wants no row, and each of these words on stderr.
func (p place) staysOut(way string, words []string, args ...string) {
	p.t.Helper()
	got := p.connect(p.t.Context(), way, append(args, "-e", "SELECT 'inside'")...)
	if got.code == 0 || strings.Contains(got.stdout, "inside") {
		p.t.Errorf("%s %q: got in: %s", way, args, got)
	}
	for _, word := range words {
		if !strings.Contains(got.stderr, word) {
			p.t.Errorf("%s %q: does not say %q: %s", way, args, word, got)
		}
	}
}
