/**
 * The cloud process: `node local/cloud/main.ts`, with the settings of cloud-settings.ts as one JSON object on
 * the first line of stdin (so that no token shows in the process list or the environment). It prints
 * `{"ready":true,"pid":…,"api":"http://…","control":"http://…"}` as its first line of stdout, and ends on SIGTERM,
 * SIGINT, or when stdin closes: its parent is gone then.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { FailoverError } from "../../infra/errors.ts";
import { readCloudSettings } from "./cloud-settings.ts";
import { createControlServer } from "./control-server.ts";
import { listControlRoutes } from "./cloudflare/control.ts";
import { startCloudflare } from "./cloudflare/start.ts";

async function start(line: string): Promise<void> {
  const settings = readCloudSettings(line);
  const { address, controlPort, controlToken } = settings;
  const { listener, store } = await startCloudflare(settings);
  const control = createControlServer(controlToken, [
    { method: "GET", path: "/-/health", handle: () => ({ ready: true, fault: listener.fault }) },
    ...listControlRoutes(listener, store),
  ]);
  control.listen(controlPort, address);
  await once(control, "listening");
  const { port } = control.address() as AddressInfo;
  const ready = { ready: true, pid: process.pid, api: listener.url, control: `http://${address}:${port}` };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

function fail(error: unknown): never {
  const text = error instanceof FailoverError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exit(error instanceof FailoverError ? error.exitCode : 3);
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  start(line).catch(fail);
});
lines.once("close", () => process.exit(0));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
