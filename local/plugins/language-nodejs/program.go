package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// program is one start of node: what to run, where, and with which environment.
type program struct {
	node        string
	arguments   []string
	directory   string
	environment []string
	options     runtimeOptions
}

func (host *languageHost) prepare(req *pulumirpc.RunRequest) (*program, error) {
	options, err := parseOptions(req.GetInfo().GetOptions().AsMap())
	if err != nil {
		return nil, err
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, fmt.Errorf("no node on PATH; this program needs Node.js %d or newer", minimumNode)
	}
	runScript, err := findRunScript(req.GetInfo().GetProgramDirectory())
	if err != nil {
		return nil, err
	}
	environment, err := programEnvironment(req, options)
	if err != nil {
		return nil, err
	}
	return &program{
		node:        node,
		arguments:   append(append(options.nodeArguments, runScript), host.runArguments(req)...),
		directory:   req.GetPwd(),
		environment: environment,
		options:     options,
	}, nil
}

// The run script is part of the program's own SDK. PULUMI_LANGUAGE_NODEJS_RUN_PATH names another one, as it does
// for the official host.
func findRunScript(directory string) (string, error) {
	if script := os.Getenv("PULUMI_LANGUAGE_NODEJS_RUN_PATH"); script != "" {
		if filepath.IsAbs(script) {
			return script, nil
		}
		return resolveUpwards(directory, script)
	}
	return resolveUpwards(directory, "@pulumi/pulumi/cmd/run")
}

func resolveUpwards(directory, module string) (string, error) {
	for folder := directory; ; folder = filepath.Dir(folder) {
		candidate := filepath.Join(folder, "node_modules", module)
		if _, err := os.Stat(candidate); err == nil {
			return candidate, nil
		}
		if folder == filepath.Dir(folder) {
			return "", errors.New(module + " is in no node_modules folder from " + directory + " upwards; run npm ci")
		}
	}
}

// The arguments that the SDK's run script parses, the program's entry point last, then the program's own.
func (host *languageHost) runArguments(req *pulumirpc.RunRequest) []string {
	info := req.GetInfo()
	arguments := []string{
		"--monitor", req.GetMonitorAddress(),
		"--engine", host.engine,
		"--organization", req.GetOrganization(),
		"--project", req.GetProject(),
		"--root-directory", info.GetRootDirectory(),
		"--stack", req.GetStack(),
		"--pwd", info.GetProgramDirectory(),
		"--parallel", strconv.Itoa(int(req.GetParallel())),
	}
	if req.GetDryRun() {
		arguments = append(arguments, "--dry-run")
	}
	if host.tracing != "" {
		arguments = append(arguments, "--tracing", host.tracing)
	}
	return append(append(arguments, info.GetEntryPoint()), req.GetArgs()...)
}

// Configuration travels in the environment, so that every copy of the SDK in one program finds it.
func programEnvironment(req *pulumirpc.RunRequest, options runtimeOptions) ([]string, error) {
	config, err := jsonOf(req.GetConfig(), "{}")
	if err != nil {
		return nil, err
	}
	secretKeys, err := jsonOf(req.GetConfigSecretKeys(), "[]")
	if err != nil {
		return nil, err
	}
	environment := append(os.Environ(),
		"PULUMI_CONFIG="+config,
		"PULUMI_CONFIG_SECRET_KEYS="+secretKeys,
	)
	if options.typescript {
		environment = append(environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if options.tsconfig != "" {
		environment = append(environment, "PULUMI_NODEJS_TSCONFIG_PATH="+options.tsconfig)
	}
	return environment, nil
}

func jsonOf(value any, empty string) (string, error) {
	text, err := json.Marshal(value)
	if string(text) == "null" {
		return empty, err
	}
	return string(text), err
}
