import { setTimeout as sleep } from "node:timers/promises";
import { errorOf } from "./arm-failure.ts";
import { type Clock, isRetried, retryDelayMs, type RetryPolicy } from "./retry.ts";
import { describe, type HttpAnswer, type HttpCall, RefusedHost, type Transport } from "./transport.ts";

/** Replaced in tests, which must not wait. */
export interface Timing extends Clock {
  wait: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

export const realTiming: Timing = {
  nowMs: Date.now,
  random: Math.random,
  wait: (delayMs, signal) => sleep(delayMs, undefined, { signal }),
};

export interface Attempts {
  transport: Transport;
  timing: Timing;
  policy: RetryPolicy;
  signal: AbortSignal;
}

/**
 * Sends a call until it is answered for good; no single try has a time limit.
 * @throws the signal's reason once it is aborted; Error in the official plugin's words when no answer came.
 */
export async function sendUntilAnswered(call: HttpCall, attempts: Attempts): Promise<HttpAnswer> {
  const { transport, timing, policy, signal } = attempts;
  for (let retry = 0; ; retry += 1) {
    const outcome = await transport.send(call, signal).catch((error: Error) => error);
    signal.throwIfAborted();
    if (outcome instanceof RefusedHost) throw outcome;
    const answered = outcome instanceof Error ? undefined : outcome;
    const isFinal = answered && !isRetried(answered.status, errorOf(answered).code);
    const headers = answered?.headers ?? {};
    const delayMs =
      isFinal || retry + 1 >= policy.tries
        ? undefined
        : retryDelayMs(retry, headers, { policy, clock: timing });
    if (delayMs === undefined) return finish(call, outcome);
    await timing.wait(delayMs, signal).catch(() => signal.throwIfAborted());
  }
}

function finish(call: HttpCall, outcome: HttpAnswer | Error): HttpAnswer {
  if (outcome instanceof Error) throw new Error(describe(outcome, call), { cause: outcome });
  return outcome;
}
