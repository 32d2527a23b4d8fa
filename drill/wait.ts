import { setTimeout as delay } from "node:timers/promises";
import { FailoverError } from "../infra/errors.ts";

/** Polls until the condition holds. @returns whether it did before the deadline */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(50, signal);
  }
  return true;
}

/** Lets time pass that has to pass: a TTL, a deadline that is part of a scenario. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    throw interrupted();
  }
}

export function interrupted(): FailoverError {
  return new FailoverError("INTERRUPTED", {
    problems: "the drill was stopped before it finished; nothing of it is left running.",
    fix: "npm run drill",
  });
}
