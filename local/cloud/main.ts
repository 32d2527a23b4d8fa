/**
 * The cloud process: `node local/cloud/main.ts`, with the settings of cloud-settings.ts as one JSON object on
 * the first line of stdin (so that no token shows in the process list or the environment). It prints
 * `{"ready":true,"pid":…,"api":"http://…","control":"http://…"}` as its first line of stdout, with
 * `"resourceManager"` and `"appConfiguration"` when it has Azure. From then on its further lines ask the plant for
 * machines, and further lines of stdin are the plant's answers: azure/plant-protocol.ts. It ends on SIGTERM, SIGINT,
 * or when stdin closes: its parent is gone then.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { FailoverError } from "../../infra/errors.ts";
import { listAzureRoutes } from "./azure/control.ts";
import { RemotePlant } from "./azure/plant.ts";
import { startAzure, type Azure } from "./azure/start.ts";
import { readCloudSettings, type CheckedCloudSettings } from "./cloud-settings.ts";
import { createControlServer } from "./control-server.ts";
import { listControlRoutes } from "./cloudflare/control.ts";
import { startCloudflare } from "./cloudflare/start.ts";
import { nextLoopback } from "./loopback.ts";

const plant = new RemotePlant((line) => process.stdout.write(`${line}\n`));

async function start(line: string): Promise<void> {
  const settings = readCloudSettings(line);
  const { address, controlPort, controlToken } = settings;
  const { listener, store } = await startCloudflare(settings);
  const azure = await openAzure(settings);
  const control = createControlServer(controlToken, [
    { method: "GET", path: "/-/health", handle: () => ({ ready: true, fault: listener.fault }) },
    ...listControlRoutes(listener, store),
    ...(azure ? listAzureRoutes(azure) : []),
  ]);
  control.listen(controlPort, address);
  await once(control, "listening");
  const { port } = control.address() as AddressInfo;
  const urls = azure && {
    resourceManager: azure.listeners.arm.url,
    appConfiguration: azure.listeners.appConfiguration.url,
  };
  const ready = {
    ready: true,
    pid: process.pid,
    api: listener.url,
    control: `http://${address}:${port}`,
    ...urls,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

async function openAzure(settings: CheckedCloudSettings): Promise<Azure | undefined> {
  const { azure } = settings;
  if (!azure) return undefined;
  const address = azure.address ?? nextLoopback(settings.address);
  const appConfigurationAddress = azure.appConfigurationAddress ?? nextLoopback(address);
  return startAzure({ ...azure, address, appConfigurationAddress }, plant);
}

function fail(error: unknown): never {
  const text = error instanceof FailoverError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof FailoverError ? error.exitCode : 3);
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  lines.on("line", (answer) => plant.answered(answer));
  start(line).catch(fail);
});
lines.once("close", () => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
