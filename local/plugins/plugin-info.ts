import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { credentials, Metadata } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";

const patienceMs = 5000;
/** No engine listens there: a plugin connects to its engine only when it has something to log. */
const noEngine = "127.0.0.1:1";

/**
 * Starts a plugin as an engine does, asks what it is, and ends it.
 * @returns its version, or undefined when it does not behave as a plugin within 5 s
 */
export async function askVersion(path: string): Promise<string | undefined> {
  const plugin = spawn(path, [noEngine], { stdio: ["pipe", "pipe", "ignore"] });
  try {
    const port = await firstLine(plugin);
    return port === undefined ? undefined : await versionAt(port);
  } finally {
    plugin.kill("SIGKILL");
  }
}

function firstLine(plugin: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs, undefined);
    const settle = (line: string | undefined) => {
      clearTimeout(timer);
      resolve(line);
    };
    plugin.once("error", () => settle(undefined));
    const lines = createInterface({ input: plugin.stdout! });
    lines.once("line", settle).once("close", () => settle(undefined));
  });
}

function versionAt(port: string): Promise<string | undefined> {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  const options = { deadline: Date.now() + patienceMs };
  return new Promise((resolve) => {
    client.getPluginInfo(new emptyProto.Empty(), new Metadata(), options, (error, info) => {
      client.close();
      resolve(error ? undefined : info.getVersion().replace(/^v/, ""));
    });
  });
}
