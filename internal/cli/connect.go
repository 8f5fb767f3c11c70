package cli

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	// Ways to log in that a kubeconfig may name.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/crdb-kube/crdb-kube/internal/deploy"
	"github.com/crdb-kube/crdb-kube/internal/kube"
)

// connection is where a command works: a server and a namespace there.
type connection struct {
	client    *kube.Client
	context   string
	namespace string
}

// dial reads the kubeconfig and makes a client. It does not yet ask the
// server anything.
func (a *app) dial() (connection, error) {
	loader := a.flags.ToRawKubeConfigLoader()
	raw, err := loader.RawConfig()
	if err != nil {
		return connection{}, configError(err)
	}
	if err := a.checkConfig(raw); err != nil {
		return connection{}, err
	}
	config, err := a.flags.ToRESTConfig()
	if err != nil {
		return connection{}, configError(err)
	}
	namespace, _, err := loader.Namespace()
	if err != nil {
		return connection{}, configError(err)
	}
	if len(validation.IsDNS1123Label(namespace)) > 0 {
		return connection{}, configFault(fmt.Sprintf("namespace %q is not a name that a namespace can have", namespace), "--namespace takes another")
	}
	config.UserAgent = "crdb-kube/" + buildVersion()
	client, err := a.connect(config)
	if err != nil {
		return connection{}, configError(err)
	}
	return connection{client, contextName(*a.flags.Context, raw.CurrentContext, config), namespace}, nil
}

// contextName is how a person calls the cluster.
func contextName(flag, current string, config *rest.Config) string {
	switch {
	case flag != "":
		return flag
	case current != "":
		return current
	}
	return config.Host
}

// configError says what is wrong with the kubeconfig, in one line.
func configError(err error) error {
	text := strings.TrimPrefix(err.Error(), "error loading config file ")
	text, _, _ = strings.Cut(text, "\n")
	text = strings.Replace(text, "auth info ", "user ", 1)
	e := &deploy.Error{Message: "kubeconfig: " + text, Next: "kubectl config view shows it; --kubeconfig takes another"}
	if missing := new(fs.PathError); errors.As(err, &missing) {
		e.Message = "kubeconfig: " + missing.Path + ": " + missing.Err.Error()
		e.Next = "pass a file that exists with --kubeconfig, or set KUBECONFIG"
	}
	if clientcmd.IsContextNotFound(err) || strings.HasPrefix(text, "context ") && strings.HasSuffix(text, " does not exist") {
		e.Next = "kubectl config get-contexts lists those that there are"
	}
	return e
}

// holder says who takes the lock, so that another command can name it.
func (a *app) holder(verb string) (kube.Holder, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	token, err := random(8)
	return kube.Holder{Command: verb, Host: host, PID: os.Getpid(), Since: a.now(), Token: token}, err
}

// random is n random bytes in hexadecimal digits.
func random(n int) (string, error) {
	bytes := make([]byte, n)
	if _, err := rand.Read(bytes); err != nil {
		return "", fmt.Errorf("random numbers: %w", err)
	}
	return hex.EncodeToString(bytes), nil
}
