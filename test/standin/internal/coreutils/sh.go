package coreutils

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sh is as much of a shell as copying certificates and telling the database of
// it needs: sh -c with the commands cd, umask, cp, rm, kill and sleep, made of plain words
// and joined by &&. Everything else it refuses. It returns the exit code.
func Sh(args []string, stderr io.Writer) int {
	if len(args) != 2 || args[0] != "-c" {
		return refuse(stderr, "only sh -c COMMANDS")
	}
	if i := strings.IndexAny(args[1], "\"'\\$`;|<>()*?[]{}~#\n"); i >= 0 {
		return refuse(stderr, fmt.Sprintf("%q is not known", args[1][i]))
	}
	for command := range strings.SplitSeq(args[1], "&&") {
		if code := simple(strings.Fields(command), stderr); code != 0 {
			return code
		}
	}
	return 0
}

func refuse(stderr io.Writer, why string) int {
	fmt.Fprintf(stderr, "sh: the stand-in's shell knows cd, umask, cp, rm, kill and sleep: %s\n", why)
	return 2
}

func simple(words []string, stderr io.Writer) int {
	if len(words) == 0 || strings.Contains(strings.Join(words, ""), "&") {
		return refuse(stderr, "no command, or one in the background")
	}
	switch words[0] {
	case "cd":
		if len(words) != 2 {
			return refuse(stderr, "cd wants one directory")
		}
		if err := os.Chdir(words[1]); err != nil {
			fmt.Fprintf(stderr, "sh: cd: can't cd to %s\n", words[1])
			return 2
		}
		return 0
	case "umask":
		if len(words) != 2 {
			return refuse(stderr, "umask wants one mask")
		}
		mask, err := strconv.ParseUint(words[1], 8, 9)
		if err != nil {
			fmt.Fprintf(stderr, "sh: umask: %s: Illegal number\n", words[1])
			return 2
		}
		syscall.Umask(int(mask))
		return 0
	case "cp":
		return Cp(words[1:], stderr)
	case "rm":
		return Rm(words[1:], stderr)
	case "kill":
		return kill(words[1:], stderr)
	case "sleep":
		return sleep(words[1:], stderr)
	}
	return refuse(stderr, words[0])
}

// sleep knows whole seconds.
func sleep(args []string, stderr io.Writer) int {
	if len(args) != 1 {
		return refuse(stderr, "sleep wants one time")
	}
	seconds, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		fmt.Fprintf(stderr, "sleep: invalid time interval '%s'\n", args[0])
		return 1
	}
	time.Sleep(time.Duration(seconds) * time.Second) //nolint:forbidigo // what sleep(1) is for
	return 0
}

// kill knows -HUP PID.
func kill(args []string, stderr io.Writer) int {
	if len(args) != 2 || args[0] != "-HUP" {
		return refuse(stderr, "kill wants -HUP PID")
	}
	pid, err := strconv.Atoi(args[1])
	if err == nil {
		var process *os.Process
		if process, err = os.FindProcess(pid); err == nil {
			err = process.Signal(syscall.SIGHUP)
		}
	}
	if err != nil {
		fmt.Fprintf(stderr, "sh: kill: %v\n", err)
		return 1
	}
	return 0
}
