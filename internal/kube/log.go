package kube

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

// Log gives the last lines of what a container that runs has written. It is not
// tried again: it is for explanations, which can be done without.
func (c *Client) Log(ctx context.Context, namespace, pod, container string, lines int64) (string, error) {
	text, err := c.clientset.CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{Container: container, TailLines: &lines}).DoRaw(ctx)
	if err != nil {
		return "", c.explain(ctx, "pods/log", err)
	}
	return string(text), nil
}
