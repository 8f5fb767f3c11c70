//go:build long

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Causes that keep up from making a cluster, each provoked in a namespace of
// its own. What only somebody can end is said at once; what may pass after the
// grace.

func TestCauses_ofAClusterThatDoesNotComeUp(t *testing.T) {
	t.Parallel()
	const grace = "3s"
	for _, one := range []struct {
		cause, next string
		// before makes it so, and gives what up is to be called with.
		before func(p place) []string
		waits  bool
	}{
		{"CONFIGMAP_NOT_FOUND", "kubectl get configmaps", func(p place) []string {
			return []string{"--patch", file(p.t, "patch.yaml", []byte(patchOf("", "envFrom: [{configMapRef: {name: nosuch}}]")))}
		}, false},
		{"SECRET_NOT_FOUND", "kubectl get secrets", func(p place) []string {
			return []string{"--patch", file(p.t, "patch.yaml", []byte(patchOf("", "env: [{name: A, valueFrom: {secretKeyRef: {name: cockroachdb-certs, key: nosuch}}}]")))}
		}, false},
		{"MOUNT_FAILED", "kubectl describe pod", func(p place) []string {
			return []string{"--patch", file(p.t, "patch.yaml", []byte(patchOf("volumes: [{name: extra, hostPath: {path: /nosuch, type: Directory}}]", "volumeMounts: [{name: extra, mountPath: /extra}]")))}
		}, true},
		{"UNSCHEDULABLE", "kubectl describe pod", func(p place) []string {
			return []string{"--patch", file(p.t, "patch.yaml", []byte("kind: StatefulSet\nspec: {template: {spec: {nodeSelector: {nosuch: label}}}}\n")), "--cpu", "100m", "--memory", "2Gi"}
		}, true},
		{"INSUFFICIENT_RESOURCES", "--cpu or --memory", func(place) []string { return []string{"--cpu", "500"} }, true},
		{"PROVISIONER_SILENT", "kubectl", func(p place) []string {
			p.class("nobody")
			return []string{"--storage-class", p.namespace}
		}, true},
		{"ADMISSION_DENIED", "--patch", func(p place) []string { p.policy(); return nil }, false},
		{"WEBHOOK_UNREACHABLE", "webhookconfigurations", func(p place) []string { p.webhook(); return nil }, true},
	} {
		t.Run(one.cause, func(t *testing.T) {
			p := arrive(t, defaultClass)
			got := p.crdb(p.up(append(p.small("--grace", grace), one.before(p)...)...)...)
			if one.waits {
				got.fails(1, "("+one.cause+")", one.next)
			} else {
				p.saysAtOnce(got, one.cause, one.next)
			}
			status := p.crdb("status")
			status.says(status.stdout, one.cause)
		})
	}
}

// What is slow and healthy is waited for, however long an unclear cause may
// stand.

func TestUp_waitsForAPodThatNeedsNinetySeconds(t *testing.T) {
	p := arriveEarly(t, waitsForConsumer)
	slow := "kind: StatefulSet\nspec: {template: {spec: {initContainers: [{name: slow, image: " + p.suite.image + ", command: [/bin/sh, -c, sleep 90]," +
		" securityContext: {runAsUser: 1000, runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}}]}}}\n"
	p.idle(func() {
		got := p.crdb(p.up(p.small("--patch", file(p.t, "patch.yaml", []byte(slow)))...)...).ok("ready in", "3 pods")
		if got.took < 90*time.Second {
			p.t.Errorf("ready after %s", got.took)
		}
	})
}

// class makes a StorageClass with a provisioner that nobody runs.
func (p place) class(provisioner string) {
	p.t.Helper()
	p.kubectlWith(fmt.Sprintf("{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: %s}, provisioner: example.com/%s}", p.namespace, provisioner), "create", "-f", "-")
	p.t.Cleanup(func() { p.atTheEnd("delete", "storageclass", p.namespace) })
}

// policy refuses all pods of this namespace.
func (p place) policy() {
	p.t.Helper()
	p.kubectlWith(strings.ReplaceAll(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: NAME}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "has(object.metadata.labels) && 'team' in object.metadata.labels", message: "every pod names its team"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: NAME}
spec: {policyName: NAME, validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}}}
`, "NAME", p.namespace), "create", "-f", "-")
	p.t.Cleanup(func() {
		p.atTheEnd("delete", "validatingadmissionpolicybinding", p.namespace)
		p.atTheEnd("delete", "validatingadmissionpolicy", p.namespace)
	})
	p.await(30*time.Second, func() string {
		_, err := p.suite.command(p.t.Context(), p.cluster, "-n", p.namespace, "run", "probe", "--image", "x.example/y", "--dry-run=server").CombinedOutput()
		if err == nil {
			return "pods are still let in"
		}
		return ""
	})
}

// webhook is asked about all pods of this namespace, and is not there.
func (p place) webhook() {
	p.t.Helper()
	p.kubectlWith(strings.ReplaceAll(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: NAME}
webhooks:
  - name: hook.example.com
    sideEffects: None
    admissionReviewVersions: [v1]
    timeoutSeconds: 1
    failurePolicy: Fail
    clientConfig: {service: {namespace: NAME, name: nosuch, path: /}}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: NAME}}
`, "NAME", p.namespace), "create", "-f", "-")
	p.t.Cleanup(func() { p.atTheEnd("delete", "validatingwebhookconfiguration", p.namespace) })
}

// atTheEnd is kubectl for what a scenario leaves outside its namespace.
func (p place) atTheEnd(args ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), time.Minute)
	defer cancel()
	if said, err := p.suite.command(ctx, p.cluster, args...).CombinedOutput(); err != nil {
		p.t.Errorf("kubectl %s: %v\n%s", strings.Join(args, " "), err, said)
	}
}
