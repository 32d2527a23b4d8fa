import { setTimeout as delay } from "node:timers/promises";
import { FailoverError } from "../infra/errors.ts";

/** Polls until the condition holds. @returns whether it did before the deadline */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, signal }: { deadlineMs: number; signal?: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(50, signal);
  }
  return true;
}

/** Lets time pass that has to pass: a TTL, a deadline that is part of a scenario. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal && { signal });
  } catch {
    throw interrupted();
  }
}

/** The work's outcome; once the drill is stopped nobody waits for it. @throws INTERRUPTED then */
export async function orStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(interrupted());
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

export function interrupted(): FailoverError {
  return new FailoverError("INTERRUPTED", {
    problems: "the drill was stopped before it finished; nothing of it is left running.",
    fix: "npm run drill",
  });
}
