package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// The first Node.js that strips types without a flag and without a warning.
const minimumNode = 24

// nodeTooOld says so, or nothing. It starts node once more, so only a program that failed is asked.
func (program *program) nodeTooOld() string {
	if program.options.typescript {
		return ""
	}
	output, err := exec.Command(program.node, "--version").Output()
	if err != nil {
		return ""
	}
	version := strings.TrimSpace(string(output))
	major, err := strconv.Atoi(strings.Split(strings.TrimPrefix(version, "v"), ".")[0])
	if err != nil || major >= minimumNode {
		return ""
	}
	return fmt.Sprintf("node on PATH is %s (%s); this program needs Node.js %d or newer, which runs TypeScript itself",
		version, program.node, minimumNode)
}
