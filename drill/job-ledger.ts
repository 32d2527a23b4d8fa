import { createHash } from "node:crypto";
import type { JobAttempt } from "../watch/attempts.ts";
import type { Found } from "../watch/found.ts";
import { workClasses } from "../watch/journal.ts";
import { type Epochs, mayLose } from "./epochs.ts";
import { seconds } from "./marks.ts";

/** What became of the jobs that clients gave. */
export interface JobLedger {
  accepted: number;
  once: number;
  /** Jobs with more than one effect. Deliveries do not count. */
  duplicated: number;
  /** Accepted, without an effect, and nowhere queued: the sum of the two that follow. */
  lost: number;
  /** Of them, those that the database does not know any more: lost with its last seconds. */
  forgotten: number;
  /** Of those, the ones that no way of recovering explains. */
  inexcusable: number;
  /** Of them, those that the database knows: accepted, and nobody will ever do them. */
  stuck: number;
  /** Still queued in the end. */
  waiting: number;
  /** Done, and although accepted in time not before the fault was lifted: a dead region held them. */
  deferred: number;
  /** Accepted after the corruption by the database that was left. */
  discarded: number;
  /** Known or done, and never given. */
  phantom: number;
  /** Put aside by the workers, and not because the database does not know them any more. */
  poison: number;
  /** Age of the oldest lost one when the fault took effect; 0 where none is lost. */
  rpoSeconds: number;
}

export interface BlobLedger {
  /** Results of the jobs that are done. */
  expected: number;
  missing: number;
  wrong: number;
}

/** `degraded`: what there was before the lift, where somebody looked. */
export interface Stock {
  found: Found;
  degraded: { atMs: number; found: Found } | null;
}

export function jobLedger(attempts: readonly JobAttempt[], stock: Stock, epochs: Epochs): JobLedger {
  const { found } = stock;
  const effects = new Map(found.effects.map(({ job, count }) => [job, count]));
  const known = new Set(found.jobs.map(({ id }) => id));
  const accepted = attempts.filter(({ outcome }) => outcome === "acknowledged");
  const done = accepted.filter(({ id }) => effects.has(id));
  const undone = accepted.filter(({ id }) => !effects.has(id));
  const gone = undone.filter(({ id }) => !known.has(id));
  const discarded = gone.filter((job) => isLeftBehind(job, epochs));
  const forgotten = gone.filter((job) => !discarded.includes(job));
  const poison = poisonOf(attempts, found, epochs);
  const open = undone.filter(({ id }) => known.has(id) && !poison.includes(id));
  const queued = Object.values(found.stillQueued).reduce((sum, count) => sum + count, 0);
  const waiting = Math.min(open.length, queued);
  const stuck = open.length - waiting;
  return {
    accepted: accepted.length,
    once: done.filter(({ id }) => effects.get(id) === 1).length,
    duplicated: found.effects.filter(({ count }) => count > 1).length,
    lost: forgotten.length + stuck,
    forgotten: forgotten.length,
    inexcusable: forgotten.filter((job) => !isExcused(job, epochs)).length,
    stuck,
    waiting,
    deferred: deferredOf(done, stock),
    discarded: discarded.length,
    phantom: phantomsOf(attempts, found),
    poison: poison.length,
    rpoSeconds: ageAtFault(stuck > 0 ? [...forgotten, ...open] : forgotten, epochs),
  };
}

function isLeftBehind({ sentMs, doneMs }: JobAttempt, { restored, servedMs }: Epochs): boolean {
  return restored !== null && doneMs > restored.corruptedMs && sentMs < servedMs;
}

/** With the last rows of a database its last jobs are gone, too: not those of before the point, nor of its successor's. */
function isExcused({ sentMs, doneMs }: JobAttempt, epochs: Epochs): boolean {
  const { restored, moveMs, servedMs } = epochs;
  if (!mayLose(epochs)) return false;
  if (restored) return doneMs >= restored.pointMs - restoreToleranceMs && sentMs < servedMs;
  return sentMs < moveMs;
}

/** A restore point is a whole second, and a commit takes a moment. */
export const restoreToleranceMs = 1000;

/** One that was given just before somebody looked is on its way, not held. */
function deferredOf(done: readonly JobAttempt[], { degraded }: Stock): number {
  if (!degraded) return 0;
  const inTime = new Set(degraded.found.effects.map(({ job }) => job));
  const latestMs = degraded.atMs - workClasses.jobs.boundMs;
  return done.filter(({ id, doneMs }) => doneMs < latestMs && !inTime.has(id)).length;
}

/** A job that went with the last rows leaves a message, of which no worker can make anything. */
function poisonOf(attempts: readonly JobAttempt[], found: Found, epochs: Epochs): string[] {
  const known = new Set(found.jobs.map(({ id }) => id));
  const given = new Map(attempts.map((job) => [job.id, job]));
  const isLost = (id: string): boolean => {
    const job = given.get(id);
    return job !== undefined && !known.has(id) && (isExcused(job, epochs) || isLeftBehind(job, epochs));
  };
  return found.poison.map((message) => jobIn(message)).filter((id) => !isLost(id));
}

/** The whole message where it names no job. */
function jobIn(message: string): string {
  return /"job"\s*:\s*"([^"]+)"/.exec(message)?.[1] ?? message;
}

function phantomsOf(attempts: readonly JobAttempt[], found: Found): number {
  const given = new Set(attempts.filter(({ outcome }) => outcome !== "rejected").map(({ id }) => id));
  const there = new Set([...found.jobs.map(({ id }) => id), ...found.effects.map(({ job }) => job)]);
  return [...there].filter((id) => !given.has(id)).length;
}

function ageAtFault(lost: readonly JobAttempt[], { faultMs, restored }: Epochs): number {
  if (lost.length === 0) return 0;
  const oldest = Math.min(...lost.map(({ doneMs }) => doneMs));
  return Math.max(0, seconds(oldest, restored?.corruptedMs ?? faultMs));
}

/** What a worker leaves of a job: the SHA-256 of its payload, in hex. */
export function resultOf(payload: string): string {
  return sha256(payload);
}

export function blobLedger(attempts: readonly JobAttempt[], found: Found): BlobLedger {
  const done = new Set(found.effects.map(({ job }) => job));
  const expected = attempts.filter(({ id }) => done.has(id));
  const hashes = new Map<string, Set<string>>();
  for (const { name, hash } of found.blobs) hashes.set(name, (hashes.get(name) ?? new Set()).add(hash));
  const of = ({ id }: JobAttempt) => hashes.get(`results/${id}`);
  return {
    expected: expected.length,
    missing: expected.filter((job) => !of(job)).length,
    // A copy in each region is as good as one; a wrong copy beside a right one is still wrong.
    wrong: expected.filter((job) => {
      const right = sha256(resultOf(job.payload));
      return [...(of(job) ?? [])].some((hash) => hash !== right);
    }).length,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
