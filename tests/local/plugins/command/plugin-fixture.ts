import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { credentials, Server, ServerCredentials, type ServiceError } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb.js";
import { ResourceProviderClient, ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import type { ExecutionContext } from "ava";
import { createProvider } from "../../../../local/plugins/command/provider.ts";
import { writeLauncher } from "../../../../local/plugins/launcher.ts";
import {
  fromStruct,
  type Properties,
  toStruct,
  unary,
  unimplemented,
} from "../../../../local/plugins/rpc.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

export const remote = "command:remote:Command";
export const local = "command:local:Command";
// The plugin would use it: the agent of whoever runs the tests is no part of them.
delete process.env["SSH_AUTH_SOCK"];

const severities = ["debug", "info", "warning", "error"];

/** The plugin, and an engine that keeps what is logged to it. */
export interface Plugin {
  /** "info: <message>" */
  lines: string[];
  /** Resolves when a line that matches has been logged. */
  logged: (pattern: RegExp) => Promise<void>;
  check: (type: string, news: Properties) => Promise<{ inputs: Properties; failures: string[] }>;
  diff: (type: string, oldInputs: Properties, news: Properties) => Promise<messages.DiffResponse>;
  create: (type: string, news: Properties, options?: CreateOptions) => Promise<Created>;
  update: (
    ...request: [type: string, olds: Properties, news: Properties, preview?: boolean]
  ) => Promise<Properties>;
  read: (type: string, properties: Properties) => Promise<Properties>;
  remove: (type: string, properties: Properties) => Promise<void>;
  cancel: () => Promise<void>;
  rpc: ResourceProviderClient;
}

export interface CreateOptions {
  preview?: boolean;
  timeoutSeconds?: number;
}

export interface Created {
  id: string;
  properties: Properties;
}

/** The plugin's rpcs, served by this process. */
export async function openPlugin(t: ExecutionContext): Promise<Plugin> {
  const engine = await startEngine(t);
  const server = new Server();
  server.addService(ResourceProviderService, createProvider(engine.address));
  const port = await listen(t, server);
  return connectTo(t, port, engine);
}

/** The plugin as a process, started by its launcher as the engine does. */
export async function spawnPlugin(t: ExecutionContext): Promise<Plugin & { process: ChildProcess }> {
  const engine = await startEngine(t);
  const folder = temporaryFolder();
  const launcher = writeLauncher({ plugin: "command", folder, node: process.execPath });
  const env = { PATH: "/usr/bin:/bin" };
  // By the shell: while another test's thread forks, a file that was just written cannot be executed (ETXTBSY).
  const child = spawn("/bin/sh", [launcher, engine.address], { env, stdio: ["pipe", "pipe", "inherit"] });
  // Waited for: a cloud that closes while its client's sockets break at the same moment may keep this process.
  const exited = once(child, "exit");
  t.teardown(() => {
    child.kill("SIGKILL");
    return exited;
  });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { process: child, ...connectTo(t, Number(port), engine) };
}

function connectTo(t: ExecutionContext, port: number, { lines, logged }: Engine): Plugin {
  const rpc = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => rpc.close());
  return { lines, logged, rpc, ...planning(rpc), ...running(rpc) };
}

function listen(t: ExecutionContext, server: Server): Promise<number> {
  t.teardown(() => server.forceShutdown());
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

interface Engine extends Pick<Plugin, "lines" | "logged"> {
  address: string;
}

async function startEngine(t: ExecutionContext): Promise<Engine> {
  const lines: string[] = [];
  const waiting = new Map<RegExp, () => void>();
  const server = new Server();
  server.addService(EngineService, {
    log: unary((request: LogRequest) => {
      lines.push(`${severities[request.getSeverity()]}: ${request.getMessage()}`);
      for (const [pattern, resolve] of waiting) if (pattern.test(request.getMessage())) resolve();
      return new emptyProto.Empty();
    }),
    getRootResource: unimplemented("GetRootResource"),
    setRootResource: unimplemented("SetRootResource"),
    startDebugging: unimplemented("StartDebugging"),
    requirePulumiVersion: unimplemented("RequirePulumiVersion"),
  });
  const port = await listen(t, server);
  const logged = (pattern: RegExp) => new Promise<void>((resolve) => waiting.set(pattern, resolve));
  return { address: `127.0.0.1:${port}`, lines, logged };
}

const urnOf = (type: string) => `urn:pulumi:failover::failover-stacks::${type}::install`;

type Done<Response> = (error: ServiceError | null, response: Response) => void;

/** Rejects with what the plugin said, without grpc's code before it. */
export function ask<Response>(call: (done: Done<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(new Error(error.details)) : resolve(response)));
  });
}

function planning(rpc: ResourceProviderClient) {
  return {
    async check(type: string, news: Properties) {
      const request = new proto.CheckRequest().setUrn(urnOf(type)).setNews(toStruct(news));
      const answer = await ask<messages.CheckResponse>((done) => rpc.check(request, done));
      const failures = answer.getFailuresList().map((one) => `${one.getProperty()}: ${one.getReason()}`);
      return { inputs: fromStruct(answer.getInputs()), failures };
    },
    diff(type: string, oldInputs: Properties, news: Properties) {
      const request = new proto.DiffRequest().setUrn(urnOf(type)).setOldInputs(toStruct(oldInputs));
      request.setOlds(toStruct({ ...oldInputs, stdout: "", stderr: "" })).setNews(toStruct(news));
      return ask<messages.DiffResponse>((done) => rpc.diff(request, done));
    },
    async read(type: string, properties: Properties) {
      const request = new proto.ReadRequest().setUrn(urnOf(type)).setId("install0");
      request.setProperties(toStruct(properties));
      const answer = await ask<messages.ReadResponse>((done) => rpc.read(request, done));
      return { id: answer.getId(), ...fromStruct(answer.getProperties()) };
    },
  };
}

function running(rpc: ResourceProviderClient) {
  return {
    async create(
      type: string,
      news: Properties,
      { preview = false, timeoutSeconds = 0 }: CreateOptions = {},
    ) {
      const request = new proto.CreateRequest().setUrn(urnOf(type)).setProperties(toStruct(news));
      request.setPreview(preview).setTimeout(timeoutSeconds);
      const answer = await ask<messages.CreateResponse>((done) => rpc.create(request, done));
      return { id: answer.getId(), properties: fromStruct(answer.getProperties()) };
    },
    async update(...[type, olds, news, preview = false]: Parameters<Plugin["update"]>) {
      const request = new proto.UpdateRequest().setUrn(urnOf(type)).setId("install0").setPreview(preview);
      request.setOlds(toStruct(olds)).setNews(toStruct(news));
      const answer = await ask<messages.UpdateResponse>((done) => rpc.update(request, done));
      return fromStruct(answer.getProperties());
    },
    async remove(type: string, properties: Properties) {
      const request = new proto.DeleteRequest().setUrn(urnOf(type)).setId("install0");
      await ask((done) => rpc.delete(request.setProperties(toStruct(properties)), done));
    },
    async cancel() {
      await ask((done) => rpc.cancel(new emptyProto.Empty(), done));
    },
  };
}
