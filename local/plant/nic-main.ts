/**
 * The network interfaces of all hosts of a plant, in one process. Requests and answers:
 * nic-protocol.ts, as JSON lines. Ends when standard input does.
 */
import { FailoverError } from "../../infra/errors.ts";
import { isLoopback } from "../cloud/loopback.ts";
import { NicHost } from "./nic-host.ts";
import { isNicMode } from "./nic-protocol.ts";
import type { NicAnswer, NicHostConfig, NicRequest } from "./nic-protocol.ts";
import { serveRequests } from "./request-server.ts";

const hosts = new Map<string, NicHost>();
const done = { done: true } as const;

serveRequests(async (request: NicRequest): Promise<NicAnswer> => {
  if ("counts" in request) {
    return { counts: Object.fromEntries([...hosts].map(([name, host]) => [name, host.counts])) };
  }
  await act(request);
  return done;
});

async function act(request: Exclude<NicRequest, { counts: true }>): Promise<void> {
  if ("add" in request) return add(request.add);
  if ("remove" in request) return remove(request.remove.host);
  if ("rules" in request) return get(request.rules.host).setRules(request.rules.rules);
  if ("power" in request) return get(request.power.host).setPower(request.power.power);
  const { host, mode } = request.set;
  if (!isNicMode(mode)) throw new Error(`unknown mode ${JSON.stringify(mode)}`);
  await get(host).setMode(mode);
}

async function add(config: NicHostConfig): Promise<void> {
  refuseStrangers(config);
  if (hosts.has(config.name)) throw new Error(`${config.name} is there already`);
  const host = new NicHost(config);
  await host.open();
  hosts.set(config.name, host);
}

function remove(name: string): void {
  hosts.get(name)?.close();
  hosts.delete(name);
}

function get(name: string): NicHost {
  const host = hosts.get(name);
  if (!host) throw new Error(`unknown host ${name}`);
  return host;
}

function refuseStrangers({ addresses }: NicHostConfig): void {
  const strangers = addresses
    .flatMap(({ address, shadow }) => [address, shadow])
    .filter((address) => !isLoopback(address));
  if (strangers.length === 0) return;
  throw new FailoverError("NOT_LOOPBACK", {
    problems: strangers.map(
      (address) => `${address} is outside of 127.0.0.0/8; a local plant forwards to nothing else.`,
    ),
  });
}
