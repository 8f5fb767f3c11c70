package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// maxBody is how much of a pod's answer is read.
const maxBody = 8 << 20

// proxy reaches pods through the API server: pods/NAME/proxy.
type proxy struct {
	client *Client
	api    rest.Interface
	http   *http.Client
}

func newProxy(c *Client, api rest.Interface, transport *http.Client) *proxy {
	asIs := *transport // a redirect is an answer of the pod, too
	asIs.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &proxy{client: c, api: api, http: &asIs}
}

func (p *proxy) get(ctx context.Context, at Endpoint) (answer Answer, err error) {
	subject := Ref{Kind: Pod, Name: at.Pod}.String()
	err = retry(ctx, subject, func(ctx context.Context) (err error) {
		answer, err = p.ask(ctx, at)
		return err
	})
	if errors.Is(err, ErrNotAnswering) || errors.Is(err, errNoWay) {
		return Answer{}, about(subject, err)
	}
	return answer, p.client.explain(ctx, subject, err)
}

// ask makes one request. An error of type apierrors.StatusError is the API server's.
func (p *proxy) ask(ctx context.Context, at Endpoint) (Answer, error) {
	target := at.scheme() + ":" + at.Pod + ":" + strconv.Itoa(at.Port)
	address := p.api.Get().Namespace(at.Namespace).Resource("pods").Name(target).SubResource("proxy").Suffix(at.Path).URL()
	address.RawQuery = at.Query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return Answer{}, err
	}
	answer, err := fetch(p.http, req)
	if err != nil {
		return Answer{}, err
	}
	if status := statusOf(answer); status != nil {
		return Answer{}, unreached(status)
	}
	return answer, nil
}

func (at Endpoint) scheme() string {
	if at.Scheme == "" {
		return "http"
	}
	return at.Scheme
}

// fetch makes a request and reads the answer, up to a limit.
func fetch(client *http.Client, req *http.Request) (Answer, error) {
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	switch {
	case err != nil:
		return Answer{}, err
	case len(body) > maxBody:
		return Answer{}, fmt.Errorf("answer of more than %d MiB", maxBody>>20)
	}
	return Answer{Status: resp.StatusCode, Body: body}, nil
}

// statusOf gives the API server's own words; nil: the pod itself answered. Both may say
// 503, but only the API server answers with an object of kind Status.
func statusOf(answer Answer) *metav1.Status {
	var status metav1.Status
	if answer.Status < 400 || json.Unmarshal(answer.Body, &status) != nil {
		return nil
	}
	if status.Kind != "Status" || status.APIVersion != "v1" {
		return nil
	}
	status.Code = int32(answer.Status)
	return &status
}

// unreached says what a status of the API server means for the way to the pod.
func unreached(status *metav1.Status) error {
	const attempt = "error trying to reach service: "
	_, why, tried := strings.Cut(status.Message, attempt)
	switch {
	case tried && blocked(why):
		return fmt.Errorf("%w: %s", errNoWay, why)
	case tried, status.Reason == metav1.StatusReasonBadRequest: // the latter: no address yet
		if !tried {
			why = status.Message
		}
		return fmt.Errorf("%w: %s", ErrNotAnswering, why)
	}
	return &apierrors.StatusError{ErrStatus: *status}
}

// blocked tells a network that lets nothing through from a pod that does not listen.
func blocked(why string) bool {
	for _, sign := range []string{"i/o timeout", "no route to host", "network is unreachable", "deadline exceeded", "No agent available"} {
		if strings.Contains(why, sign) {
			return true
		}
	}
	return false
}
