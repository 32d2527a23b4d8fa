import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { connect as connectPlainly } from "node:net";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { waitUntil } from "../wait.ts";
import type { BreakablePlant, Host, Proof } from "./fault.ts";

type Reachable = Pick<BreakablePlant, "reach">;

/** Longest that a direct connection may take before the host counts as silent. */
const boundMs = 1000;
const servingDeadlineMs = 30_000;

/** Connects to a host past everything in front of it. @returns "answers", "silent", or an error code */
async function reach(plant: Reachable, host: Host): Promise<string> {
  const { address, port, servername, ca, localAddress } = plant.reach(host);
  const plain = connectPlainly({ host: address, port, localAddress });
  const socket = connect({ socket: plain, servername, ca, ALPNProtocols: ["http/1.1"] });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(boundMs) });
    return "answers";
  } catch (error) {
    return nameOf(error);
  } finally {
    socket.destroy();
    plain.destroy();
  }
}

/** Proof that a host does not answer on its own address. */
export async function proveUnreachable(plant: Reachable, host: Host): Promise<Proof> {
  const outcome = await reach(plant, host);
  const { address, port } = plant.reach(host);
  return { proven: outcome !== "answers", evidence: `${host} ${address}:${port}: ${outcome}` };
}

/** Proof that nobody takes up TLS at an address; who it would be does not matter. */
export async function proveNoTls(
  name: string,
  { address, port }: { address: string; port: number },
): Promise<Proof> {
  const socket = connect({ host: address, port, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect", { signal: AbortSignal.timeout(boundMs) });
    return { proven: false, evidence: `${name} ${address}:${port}: answers` };
  } catch (error) {
    return { proven: true, evidence: `${name} ${address}:${port}: ${nameOf(error)}` };
  } finally {
    socket.destroy();
  }
}

/** Proof that a server which does not begin with TLS says nothing to the first bytes of its own protocol. */
export async function proveSilent(
  name: string,
  { address, port }: { address: string; port: number },
  greeting: Buffer,
): Promise<Proof> {
  const socket = connectPlainly({ host: address, port });
  try {
    socket.write(greeting);
    await once(socket, "data", { signal: AbortSignal.timeout(boundMs) });
    return { proven: false, evidence: `${name} ${address}:${port}: answers` };
  } catch (error) {
    return { proven: true, evidence: `${name} ${address}:${port}: ${nameOf(error)}` };
  } finally {
    socket.destroy();
  }
}

const refusals = ["ECONNREFUSED", "ECONNRESET"];

/**
 * Proof that an API takes no connection. Silence is none, and neither is a certificate that this process does not
 * trust: it came from a server that answers.
 */
export async function proveRefuses(url: string): Promise<Proof> {
  try {
    const { status } = await fetch(url, { signal: AbortSignal.timeout(boundMs) });
    return { proven: false, evidence: `GET ${url}: ${status}` };
  } catch (error) {
    const { cause } = error as { cause?: NodeJS.ErrnoException };
    const code = cause?.code ?? "no answer";
    return { proven: refusals.includes(code), evidence: `GET ${url}: ${code}` };
  }
}

/** What a host itself answers to a GET: status and body, or why there is none. */
export async function ask(plant: Reachable, host: Host, path: string): Promise<Answer> {
  const { address, port, servername, ca, localAddress, apiKey } = plant.reach(host);
  const headers = { host: servername, "x-api-key": apiKey };
  const signal = AbortSignal.timeout(2 * boundMs);
  const target = { host: address, port, servername, ca, localAddress, agent: false as const };
  const call = request({ ...target, path, headers, signal });
  try {
    call.end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? null, body: await text(response) };
  } catch (error) {
    return { status: null, body: nameOf(error) };
  } finally {
    call.destroy();
  }
}

/** A restarted server is back only once it answers: until then what is seen is still the fault's. */
export async function waitUntilServing(plant: Reachable, host: Host): Promise<void> {
  const serves = async () => (await ask(plant, host, "/healthz")).status === 200;
  if (await waitUntil(serves, { deadlineMs: servingDeadlineMs })) return;
  throw new Error(`${host} does not serve ${servingDeadlineMs / 1000} s after its restart`);
}

export interface Answer {
  /** Null when nothing was answered. */
  status: number | null;
  body: string;
}

function nameOf(error: unknown): string {
  const { name, code } = error as NodeJS.ErrnoException;
  return name === "AbortError" || name === "TimeoutError" ? "silent" : (code ?? name);
}
