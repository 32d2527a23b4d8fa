package main

import (
	"fmt"

	"github.com/google/shlex"
)

// runtimeOptions are the keys under `runtime: options:` in Pulumi.yaml, with the official host's names and defaults.
type runtimeOptions struct {
	typescript    bool
	tsconfig      string
	nodeArguments []string
}

// An option the official host knows and this one does not need (packagemanager, production) is left alone.
func parseOptions(given map[string]any) (runtimeOptions, error) {
	options := runtimeOptions{typescript: true}
	for name, value := range given {
		var err error
		switch name {
		case "typescript":
			options.typescript, err = as[bool](name, value)
		case "tsconfig":
			options.tsconfig, err = as[string](name, value)
		case "nodeargs":
			options.nodeArguments, err = splitArguments(name, value)
		}
		if err != nil {
			return options, err
		}
	}
	return options, nil
}

func as[T any](name string, value any) (T, error) {
	typed, ok := value.(T)
	if !ok {
		return typed, fmt.Errorf("runtime option %s in Pulumi.yaml is %v, not a %T", name, value, typed)
	}
	return typed, nil
}

func splitArguments(name string, value any) ([]string, error) {
	text, err := as[string](name, value)
	if err != nil {
		return nil, err
	}
	return shlex.Split(text)
}
