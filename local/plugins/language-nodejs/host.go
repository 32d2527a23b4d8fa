package main

import (
	"context"
	"os"
	"os/exec"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// hostVersion is what `pulumi about` and `pulumi plugin` show for this host.
const hostVersion = "0.1.0"

type languageHost struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine  string
	tracing string

	// Done when there is nobody left to serve: the engine is gone, or the host was told to end.
	engineGone context.Context
	abandon    context.CancelFunc

	// Done when running programs are to be interrupted.
	interrupted context.Context
	interrupt   context.CancelFunc
}

func newLanguageHost(ctx context.Context, engine, tracing string) *languageHost {
	engineGone, abandon := context.WithCancel(ctx)
	interrupted, interrupt := context.WithCancel(engineGone)
	return &languageHost{
		engine:      engine,
		tracing:     tracing,
		engineGone:  engineGone,
		abandon:     abandon,
		interrupted: interrupted,
		interrupt:   interrupt,
	}
}

// An engine that was killed tells nobody. Without the watch its host and program would stay.
func (host *languageHost) watchEngine(address string) error {
	return rpcutil.Healthcheck(host.engineGone, address, engineWatchInterval, host.abandon)
}

// Handshake is only called on a host the engine attached to, which got no address on its command line.
func (host *languageHost) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	host.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// About is asked on every update. Starting node for its version would cost more than the host does.
func (host *languageHost) About(context.Context, *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		node = "node (not found on PATH)"
	}
	return &pulumirpc.AboutResponse{
		Executable: node,
		Metadata:   map[string]string{"languageHost": "failover-stacks " + hostVersion},
	}, nil
}

// GetRequiredPackages names nothing: each resource carries its provider's version, the engine looks that up when
// the resource is registered, and plug-ins are never fetched in the middle of a recovery.
func (host *languageHost) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetRequiredPlugins is the older name of GetRequiredPackages.
func (host *languageHost) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (host *languageHost) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: hostVersion}, nil
}

func (host *languageHost) RuntimeOptionsPrompts(
	context.Context, *pulumirpc.RuntimeOptionsRequest,
) (*pulumirpc.RuntimeOptionsResponse, error) {
	return &pulumirpc.RuntimeOptionsResponse{}, nil
}

// Cancel interrupts running programs; the engine ends the host itself.
func (host *languageHost) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	host.interrupt()
	return &emptypb.Empty{}, nil
}

// InstallDependencies serves `pulumi install`: exactly what the lockfile says, and no package's install script.
func (host *languageHost) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	command := "install"
	if _, err := os.Stat(req.GetInfo().GetRootDirectory() + "/package-lock.json"); err == nil {
		command = "ci"
	}
	npm := exec.CommandContext(stream.Context(), "npm", command, "--ignore-scripts")
	npm.Dir = req.GetInfo().GetRootDirectory()
	npm.Stdout = sendTo(func(text []byte) error {
		return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: text})
	})
	npm.Stderr = npm.Stdout
	return npm.Run()
}

type sendTo func([]byte) error

func (send sendTo) Write(text []byte) (int, error) {
	return len(text), send(text)
}
