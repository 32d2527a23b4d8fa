import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { isLoopback } from "../../cloud/loopback.ts";
import type { ResourceLog } from "./engine-log.ts";
import { remoteRefusal } from "./inputs.ts";
import { systemError } from "./wording.ts";

/** As pulumi's sdk/go/common/util/retry, which the official plugin uses; measured 2026-11. */
const firstDelayMs = 100;
const backoff = 1.5;
const longestDelayMs = 5000;
const unlimited = -1;

export interface Retry {
  /** Failed dials that are put up with: 0 is one dial only, -1 is no limit. */
  limit: number;
  log: ResourceLog;
  /** Ends the waits; its reason becomes the error. */
  ending: AbortSignal;
  /** Replaced in tests, which must not wait. */
  wait?: (delayMs: number, signal: AbortSignal) => Promise<unknown>;
}

const realWait = (delayMs: number, signal: AbortSignal) => wait(delayMs, undefined, { signal });

/**
 * Dials until it succeeds, waiting 0.10, 0.15, 0.23 … up to 5 s in between.
 * @throws Error `after <limit> failed attempts: <the last dial's>`, or the reason of `ending`
 */
export async function dialWithRetry<Client>(
  dial: () => Promise<Client>,
  { limit, log, ending, wait: pause = realWait }: Retry,
): Promise<Client> {
  let delayMs = firstDelayMs;
  for (let dials = 1; ; dials += 1) {
    try {
      return await dial();
    } catch (error) {
      ending.throwIfAborted();
      if (limit > unlimited && dials > limit) {
        const { message } = error as Error;
        throw new Error(`after ${dials - 1} failed attempts: ${message}`, { cause: error });
      }
    }
    const shown = limit === unlimited ? "inf" : limit;
    log.write({ severity: "info", message: `Dial ${dials}/${shown} failed: retrying`, ephemeral: true });
    // An aborted wait is reported by its signal, whose reason is the official plugin's text.
    await pause(delayMs, ending).catch(() => {});
    ending.throwIfAborted();
    delayMs = Math.min(delayMs * backoff, longestDelayMs);
  }
}

export interface Peer {
  host: string;
  port: number;
  /** Covers the TCP connect and nothing after it; 0 is no limit. */
  perDialTimeout: number;
}

/**
 * Opens a TCP connection.
 * @throws Error in Go's words; before any packet for a host outside 127.0.0.0/8
 */
export function openSocket({ host, port, perDialTimeout }: Peer, ending: AbortSignal): Promise<Socket> {
  refuseRemote(host);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Math.trunc(port) });
    const fail = (reason: string) => {
      socket.destroy();
      settle();
      reject(new Error(`dial tcp ${host}:${Math.trunc(port)}: ${reason}`));
    };
    const onAbort = () => fail("operation was canceled");
    const timer =
      perDialTimeout > 0 ? setTimeout(() => fail("i/o timeout"), perDialTimeout * 1000) : undefined;
    const settle = () => {
      clearTimeout(timer);
      ending.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("connect", onConnect);
    };
    const onError = (error: Error) => fail(`connect: ${systemError(error)}`);
    const onConnect = () => {
      settle();
      resolve(socket);
    };
    socket.on("error", onError).on("connect", onConnect);
    ending.addEventListener("abort", onAbort);
    if (ending.aborted) onAbort();
  });
}

/** @throws Error unless the host is an address in 127.0.0.0/8 */
export function refuseRemote(host: string): void {
  if (!isLoopback(host)) throw new Error(remoteRefusal(host));
}
