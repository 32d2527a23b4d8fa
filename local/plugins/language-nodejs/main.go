// Command pulumi-language-nodejs starts Node.js programs for the Pulumi CLI.
//
// It stands in for the official language host, which cannot be built from a Go module proxy, and is used only
// where the official one is not installed. It serves what `pulumi preview`, `up`, `destroy` and `about` call;
// code generation and source plugins answer UNIMPLEMENTED.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// How soon a host notices that its engine was killed. The official host takes up to five minutes.
const engineWatchInterval = time.Second

// How long running programs get to end after the last signal: longer than what a program gets after its own.
const drainTimeout = programGrace + 2*time.Second

func main() {
	if err := serve(); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-nodejs: %v\n", err)
		os.Exit(1)
	}
}

func serve() error {
	engine, tracing := parseArguments()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	host := newLanguageHost(ctx, engine, tracing)
	if engine != "" {
		if err := host.watchEngine(engine); err != nil {
			return err
		}
	}

	cancel := make(chan bool)
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, host)
			return nil
		},
	})
	if err != nil {
		return err
	}

	// The engine reads the port from the first line.
	fmt.Println(server.Port)

	select {
	case err := <-server.Done:
		return err
	case <-host.engineGone.Done():
		close(cancel)
	}

	// A graceful stop waits for requests, and those for their programs; whoever hangs must not keep the host alive.
	select {
	case err := <-server.Done:
		return err
	case <-time.After(drainTimeout):
		return errors.New("a program did not end in time")
	}
}

// The engine may put flags before its address, which comes last. Those for logging are defined by the SDK's logger.
func parseArguments() (engine, tracing string) {
	flag.StringVar(&tracing, "tracing", "", "handed to the program")
	flag.Parse()
	return flag.Arg(0), tracing
}
