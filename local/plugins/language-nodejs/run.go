package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// How long an interrupted program may take to end before it is killed.
const programGrace = 5 * time.Second

// The SDK's run script exits with it after it has told the engine about the error: nothing is left to say.
const exitAfterLogging = 32

// Run starts the program and waits for its end. An error of the program is part of the answer; only an engine
// that is gone is an error of the call.
func (host *languageHost) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if req.GetAttachDebugger() {
		return failed("the failover-stacks language host cannot attach a debugger; install Pulumi's own: " +
			"https://www.pulumi.com/docs/install/"), nil
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(host.interrupted, cancel)()

	program, err := host.prepare(req)
	if err != nil {
		return failed("Problem executing program (could not run language executor): " + err.Error()), nil
	}
	stderr := &memoryWatch{to: os.Stderr}
	err = runToEnd(ctx, program, stderr)
	return explain(err, program, stderr), nil
}

func runToEnd(ctx context.Context, program *program, stderr io.Writer) error {
	cmd := exec.CommandContext(ctx, program.node, program.arguments...)
	cmd.Dir = program.directory
	cmd.Env = program.environment
	// Never our own descriptors: node makes them non-blocking, for us too. A writer that is no file gets a pipe.
	cmd.Stdout = struct{ io.Writer }{os.Stdout}
	cmd.Stderr = stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = programGrace

	// A host that was killed takes its program along. The kernel ties that to the thread that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}

	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		// The program ended well and left a child that holds its output open.
		return nil
	}
	return err
}

func explain(err error, program *program, stderr *memoryWatch) *pulumirpc.RunResponse {
	if err == nil {
		return &pulumirpc.RunResponse{}
	}
	if tooOld := program.nodeTooOld(); tooOld != "" {
		return failed(tooOld)
	}
	var exit *exec.ExitError
	switch {
	case !errors.As(err, &exit):
		return failed("Problem executing program (could not run language executor): " + err.Error())
	case exit.ExitCode() == exitAfterLogging:
		return &pulumirpc.RunResponse{Bail: true}
	case stderr.exhausted:
		return failed("Program ran out of memory: raise node's limit with the runtime option " +
			"nodeargs: --max-old-space-size=<MB>")
	case exit.ExitCode() < 0:
		return failed("Program ended by " + exit.String())
	default:
		return failed(fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode()))
	}
}

func failed(message string) *pulumirpc.RunResponse {
	return &pulumirpc.RunResponse{Error: message}
}

// memoryWatch passes text on and notes whether V8 said that its heap is full.
type memoryWatch struct {
	to        io.Writer
	exhausted bool
}

func (watch *memoryWatch) Write(text []byte) (int, error) {
	watch.exhausted = watch.exhausted || bytes.Contains(text, []byte("JavaScript heap out of memory"))
	return watch.to.Write(text)
}
