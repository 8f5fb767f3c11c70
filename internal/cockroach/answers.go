package cockroach

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Health is what one answer at ReadyPath says about a CockroachDB node.
type Health string

const (
	// WaitingForInit: it runs and waits to be initialised or let into a cluster.
	WaitingForInit Health = "waiting for init"
	// Ready: it serves SQL.
	Ready Health = "ready"
	// ShuttingDown: it drains, or was told to end.
	ShuttingDown Health = "shutting down"
	// NotHealthy: it runs but cannot serve now: no quorum, not live, wrong
	// certificate, a store of another cluster. The text tells which. One such
	// answer is no verdict: survivors of a lost peer give it for a moment.
	NotHealthy Health = "not healthy"
	// Unknown: the answer is not the database's own. Something between
	// answered, such as the API server's pod proxy when the port is closed.
	Unknown Health = "unknown"
)

// unavailable is the gRPC code that the database puts into every 503 body.
const unavailable = 14

// ParseReady reads one answer at ReadyPath. The text is the error that came
// with it, in the sender's words; empty for Ready.
//
// Bodies recorded from v21.1.2; the texts are the same in newer sources.
func ParseReady(status int, body []byte) (Health, string) {
	if status == http.StatusOK {
		return Ready, ""
	}
	var answer struct {
		Kind    string `json:"kind"`
		Error   string `json:"error"`
		Message string `json:"message"`
		Code    int    `json:"code"`
	}
	err := json.Unmarshal(body, &answer)
	text := oneLine(answer.Message)
	if text == "" {
		text = oneLine(answer.Error)
	}
	if err != nil || text == "" {
		text = oneLine(string(body))
	}
	if err != nil || status != http.StatusServiceUnavailable || answer.Kind != "" || answer.Code != unavailable {
		return Unknown, text
	}
	switch {
	case strings.Contains(text, "waiting for cluster initialization"):
		return WaitingForInit, text
	case strings.Contains(text, "shutting down"):
		return ShuttingDown, text
	}
	return NotHealthy, text
}

// oneLine is the text with every run of white space as one blank.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// InitResult is what became of InitCommand.
type InitResult string

const (
	// InitDone: this command initialised the cluster.
	InitDone InitResult = "initialised"
	// InitAlready: it had been initialised before.
	InitAlready InitResult = "already initialised"
	// InitFailed: neither, as far as the command knows. A command that was cut
	// off may still have succeeded: ask the pod again.
	InitFailed InitResult = "failed"
)

// InitOutcome reads what InitCommand left. The text is the last line that says
// something about a failure, empty otherwise.
func InitOutcome(exitCode int, stdout, stderr string) (InitResult, string) {
	switch {
	case exitCode == 0:
		return InitDone, ""
	case strings.Contains(stdout+stderr, "cluster has already been initialized"):
		return InitAlready, ""
	}
	if line := lastLine(stderr); line != "" {
		return InitFailed, line
	}
	if line := lastLine(stdout); line != "" {
		return InitFailed, line
	}
	return InitFailed, fmt.Sprintf("exit code %d without a word", exitCode)
}

// lastLine passes over the closing line that names only the command, and
// takes off what stands before or behind every message.
func lastLine(output string) string {
	lines := strings.Split(output, "\n")
	for _, line := range slices.Backward(lines) {
		line := oneLine(line)
		if line == "" || strings.HasPrefix(line, "Failed running ") {
			continue
		}
		line = strings.TrimPrefix(strings.TrimPrefix(line, "ERROR: "), "warning: ")
		return strings.TrimSuffix(line, " (retrying)")
	}
	return ""
}

// ParseIdentity reads the identity from one answer at IdentityPath.
func ParseIdentity(status int, body []byte) (string, error) {
	var answer struct {
		ClusterID string `json:"clusterId"`
	}
	if status != http.StatusOK {
		return "", fmt.Errorf("cluster identity: HTTP status %d", status)
	}
	if err := json.Unmarshal(body, &answer); err != nil || !uuid().MatchString(answer.ClusterID) {
		return "", errors.New("cluster identity: none in the database's answer")
	}
	return strings.ToLower(answer.ClusterID), nil
}

// ParseClusterID reads the identity from the CSV that IdentityCommand gave.
func ParseClusterID(csv string) (string, error) {
	for line := range strings.Lines(csv) {
		if line = strings.TrimSpace(line); uuid().MatchString(line) {
			return strings.ToLower(line), nil
		}
	}
	return "", errors.New("cluster identity: none in the database's answer")
}

func uuid() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
}

// CommandFailure is what a command of the database failed with, in one line.
func CommandFailure(stdout, stderr string, exitCode int) string {
	for _, text := range []string{stderr, stdout} {
		for line := range strings.Lines(text) {
			if message, ok := strings.CutPrefix(oneLine(line), "ERROR: "); ok {
				return message
			}
		}
	}
	if line := lastLine(stderr); line != "" {
		return line
	}
	return fmt.Sprintf("exit code %d without a word", exitCode)
}
