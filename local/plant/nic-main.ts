/**
 * The network interfaces of all hosts of a plant, in one process.
 * Argument: NicConfig as JSON. Requests and answers: nic-protocol.ts. Ends when standard input does.
 */
import { createInterface } from "node:readline";
import { FailoverError } from "../../infra/errors.ts";
import { isLoopback } from "../cloud/loopback.ts";
import { NicHost } from "./nic-host.ts";
import { isNicMode } from "./nic-protocol.ts";
import type { NicAnswer, NicConfig, NicRequest } from "./nic-protocol.ts";

const config = JSON.parse(process.argv[2] ?? "") as NicConfig;
refuseStrangers(config);
const hosts = new Map(config.hosts.map((host) => [host.name, new NicHost(host, config.clientPort)]));
await Promise.all([...hosts.values()].map((host) => host.open()));

const requests = createInterface({ input: process.stdin });
requests.on("line", (line) => void serve(JSON.parse(line) as NicRequest));
requests.on("close", () => process.exit(0));
say({ ready: true });

async function serve(request: NicRequest): Promise<void> {
  try {
    say(await answer(request));
  } catch (error) {
    say({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function answer(request: NicRequest): Promise<NicAnswer> {
  const { id } = request;
  if ("counts" in request) {
    return { id, counts: Object.fromEntries([...hosts].map(([name, host]) => [name, host.counts])) };
  }
  const { host, mode } = request.set;
  const target = hosts.get(host);
  if (!target) throw new Error(`unknown host ${host}`);
  if (!isNicMode(mode)) throw new Error(`unknown mode ${JSON.stringify(mode)}`);
  await target.setMode(mode);
  return { id, done: true };
}

function refuseStrangers({ hosts: wanted }: NicConfig): void {
  const addresses = wanted.flatMap((host) =>
    host.addresses.flatMap(({ address, shadow }) => [address, shadow]),
  );
  const strangers = addresses.filter((address) => !isLoopback(address));
  if (strangers.length === 0) return;
  throw new FailoverError("NOT_LOOPBACK", {
    problems: strangers.map(
      (address) => `${address} is outside of 127.0.0.0/8; a local plant forwards to nothing else.`,
    ),
  });
}

function say(line: NicAnswer | { ready: true }): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
