// Command localkube-pod is what runs in the containers that localkube itself
// needs. In the image localkube.test/pod:1 it is
//
//	pause                    what holds a pod's namespaces (the default)
//	setup|teardown -p DIR …  what makes and removes a volume's directory, also
//	                         by these names (local-path-provisioner's pods do)
//	serve                    an HTTP server on port 8080 for tests: / answers the
//	                         pod's name, /lookup?host=H the addresses of H,
//	                         /fetch?url=U what U answers, /file?path=P the
//	                         contents of P
//	write PATH TEXT          writes a file, for tests through exec
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	args := append(os.Args[1:], "pause")
	if name := filepath.Base(os.Args[0]); name == "setup" || name == "teardown" {
		args = append([]string{name}, os.Args[1:]...)
	}
	var err error
	switch args[0] {
	case "pause":
		pause()
	case "setup", "teardown":
		err = volume(args[0], args[1:])
	case "serve":
		err = serve()
	case "write":
		err = write(args[1:])
	default:
		err = fmt.Errorf("%q is not known: pause, setup, teardown, serve or write", args[0])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// pause waits for the end, and reaps what is orphaned to it.
func pause() {
	signal.Ignore(syscall.SIGCHLD) // the kernel then reaps by itself
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	<-end
}

// volume makes or removes the directory after -p.
func volume(verb string, args []string) error {
	dir := ""
	for i, a := range args {
		if value, ok := strings.CutPrefix(a, "-p="); ok {
			dir = value
		} else if a == "-p" && i+1 < len(args) {
			dir = args[i+1]
		}
	}
	if dir == "" || dir == "/" {
		return errors.New("no directory given: -p DIR")
	}
	if verb == "teardown" {
		return os.RemoveAll(dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return os.Chmod(dir, 0o777) // whatever the umask
}

// write writes TEXT to PATH, on the disk for good.
func write(args []string) error {
	if len(args) < 2 {
		return errors.New("write PATH TEXT")
	}
	f, err := os.Create(args[0])
	if err != nil {
		return err
	}
	_, err = f.WriteString(args[1])
	return errors.Join(err, f.Sync(), f.Close())
}

// serve answers on port 8080 until SIGTERM.
func serve() error {
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		fmt.Fprintln(w, name)
	})
	http.HandleFunc("/lookup", func(w http.ResponseWriter, r *http.Request) {
		addresses, err := net.DefaultResolver.LookupHost(r.Context(), r.URL.Query().Get("host"))
		answer(w, strings.Join(addresses, "\n"), err)
	})
	http.HandleFunc("/fetch", func(w http.ResponseWriter, r *http.Request) {
		text, err := fetch(r)
		answer(w, text, err)
	})
	http.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Query().Get("path")
		data, err := os.ReadFile(path)
		answer(w, string(data), err)
	})
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
	failed := make(chan error, 1)
	go func() { failed <- http.ListenAndServe(":8080", nil) }()
	select {
	case err := <-failed:
		return err
	case <-end:
		return nil
	}
}

// fetch asks another server, as a pod among pods does.
func fetch(r *http.Request) (string, error) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.URL.Query().Get("url"), nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return strings.TrimSpace(string(body)), err
}

func answer(w http.ResponseWriter, text string, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintln(w, text)
}
