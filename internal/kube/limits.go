package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Quotas are the ResourceQuotas of a namespace.
func (c *Client) Quotas(ctx context.Context, namespace string) (all []corev1.ResourceQuota, err error) {
	err = retry(ctx, "resourcequotas", func(ctx context.Context) error {
		list, err := c.clientset.CoreV1().ResourceQuotas(namespace).List(ctx, metav1.ListOptions{})
		if err == nil {
			all = list.Items
		}
		return err
	})
	return all, c.explain(ctx, "resourcequotas", err)
}

// LimitRanges are those of a namespace.
func (c *Client) LimitRanges(ctx context.Context, namespace string) (all []corev1.LimitRange, err error) {
	err = retry(ctx, "limitranges", func(ctx context.Context) error {
		list, err := c.clientset.CoreV1().LimitRanges(namespace).List(ctx, metav1.ListOptions{})
		if err == nil {
			all = list.Items
		}
		return err
	})
	return all, c.explain(ctx, "limitranges", err)
}

// LockHolder is who holds a lock now; nil: nobody, or somebody who has not renewed it.
func (c *Client) LockHolder(ctx context.Context, namespace, name string) (*Holder, error) {
	subject := Ref{Kind: Lease, Name: name}.String()
	var holder *Holder
	err := retry(ctx, subject, func(ctx context.Context) error {
		lease, err := c.clientset.CoordinationV1().Leases(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		renewed := lease.Spec.RenewTime
		if lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != "" && renewed != nil &&
			time.Now().Add(c.Ahead()).Sub(renewed.Time) < leaseDuration+leaseMargin {
			holding := holderOf(lease)
			holder = &holding
		}
		return nil
	})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return holder, c.explain(ctx, subject, err)
}
