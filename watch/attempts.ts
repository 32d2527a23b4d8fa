/**
 * What became of one thing that a client asked to be kept. An answer that says no is `rejected`; no answer, a broken
 * connection or a server's error leave it open whether it was kept: `unknown`. Jepsen's :ok, :fail and :info.
 */
export type Outcome = "acknowledged" | "rejected" | "unknown";

/** An entry of the writer's chain. It is sent once: what its outcome leaves open stays open. */
export interface EntryAttempt {
  kind: "attempt";
  what: "entry";
  writer: string;
  /** From 0, without a gap. */
  seq: number;
  /** Hash of the entry that was sent before it, whatever became of that one; "" for the first. */
  previous: string;
  hash: string;
  sentMs: number;
  doneMs: number;
  outcome: Outcome;
  /** By the server's clock, ISO 8601; of an acknowledged one. */
  committedAt?: string;
}

export interface JobAttempt {
  kind: "attempt";
  what: "job";
  id: string;
  payload: string;
  sentMs: number;
  doneMs: number;
  outcome: Outcome;
  /** One of many at once; nobody waits for it to be done. */
  surge?: true;
}

export type Attempt = EntryAttempt | JobAttempt;
