import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as messages from "@pulumi/pulumi/proto/provider_pb.js";
import proto from "@pulumi/pulumi/proto/provider_pb.js";
import type { ExecutionContext } from "ava";
import { writeLauncher } from "../../../../local/plugins/launcher.ts";
import { fromStruct, type Properties, toStruct } from "../../../../local/plugins/rpc.ts";
import type { TestCloud } from "../../cloud/azure/azure-fixture.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

const nobody = "00000000-0000-0000-0000-000000000000";

export interface Plugin {
  process: ChildProcess;
  rpc: ResourceProviderClient;
}

/** What a local plant's environment says about Azure. */
export function armEnvironment({ url, ca }: Pick<TestCloud, "url" | "ca">) {
  const trust = join(temporaryFolder(), "trust.pem");
  writeFileSync(trust, ca);
  return {
    ARM_METADATA_HOSTNAME: new URL(url).host,
    ARM_DISABLE_INSTANCE_DISCOVERY: "true",
    ARM_TENANT_ID: nobody,
    ARM_SUBSCRIPTION_ID: nobody,
    ARM_CLIENT_ID: nobody,
    ARM_CLIENT_SECRET: "a-secret",
    SSL_CERT_FILE: trust,
  };
}

/** Starts the plugin by its launcher, as the engine does. */
export async function startPlugin(t: ExecutionContext, env: Record<string, string>): Promise<Plugin> {
  const launcher = writeLauncher({
    plugin: "azure-native",
    folder: temporaryFolder(),
    node: process.execPath,
  });
  // By the shell: while another test's thread forks, a file that was just written cannot be executed (ETXTBSY).
  const child = spawn("/bin/sh", [launcher, "127.0.0.1:1"], {
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  // Waited for: a cloud that closes while its client's sockets break at the same moment may keep this process.
  const exited = once(child, "exit");
  t.teardown(() => {
    child.kill("SIGKILL");
    return exited;
  });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  t.regex(port, /^\d+$/);
  const rpc = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
  t.teardown(() => rpc.close());
  return { process: child, rpc };
}

type Done<Response> = (error: ServiceError | null, response: Response) => void;

export function ask<Response>(call: (done: Done<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((error, response) => (error ? reject(error) : resolve(response)));
  });
}

export const urnOf = (token: string) => `urn:pulumi:primary::failover-stacks::azure-native:${token}::main`;

export function configure({ rpc }: Plugin, properties: Properties = {}) {
  const request = new proto.ConfigureRequest().setArgs(toStruct(properties));
  return ask<messages.ConfigureResponse>((done) => rpc.configure(request, done));
}

export function create(
  { rpc }: Plugin,
  token: string,
  { preview = false, ...news }: Properties & { preview?: boolean },
) {
  const request = new proto.CreateRequest().setUrn(urnOf(token)).setPreview(preview);
  request.setProperties(toStruct(news));
  return ask<messages.CreateResponse>((done) => rpc.create(request, done));
}

export async function check({ rpc }: Plugin, token: string, news: Properties) {
  const request = new proto.CheckRequest().setUrn(urnOf(token)).setNews(toStruct(news));
  const answer = await ask<messages.CheckResponse>((done) => rpc.check(request, done));
  const reasons = answer.getFailuresList().map((failure) => failure.getReason());
  return { inputs: fromStruct(answer.getInputs()), reasons };
}
