import { setTimeout as pause } from "node:timers/promises";

/** `true` once it holds, else the state that was seen instead, for the message when time is up. */
export type Condition = () => Promise<true | string> | true | string;

const pauseMs = 20;

export interface PollOptions {
  until: Condition;
  deadlineMs: number;
  signal?: AbortSignal;
}

/** Thrown by `poll`; `lastSeen` is what the condition reported last. */
export class DeadlineError extends Error {
  readonly lastSeen: string;

  constructor(deadlineMs: number, lastSeen: string) {
    super(`not within ${deadlineMs / 1000} s; last seen: ${lastSeen}`);
    this.name = "DeadlineError";
    this.lastSeen = lastSeen;
  }
}

/**
 * Asks again and again until the condition holds. A condition that throws has "seen" its error.
 * @throws DeadlineError; the signal's reason when it is aborted
 */
export async function poll({ until, deadlineMs, signal }: PollOptions): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    signal?.throwIfAborted();
    const seen = await observe(until);
    if (seen === true) return;
    if (performance.now() >= endsAt) throw new DeadlineError(deadlineMs, seen);
    await pause(pauseMs);
  }
}

async function observe(until: Condition): Promise<true | string> {
  try {
    return await until();
  } catch (error) {
    // Not lost: it is the last seen state when the deadline passes.
    return error instanceof Error ? error.message : String(error);
  }
}
