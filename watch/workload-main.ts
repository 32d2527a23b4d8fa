/**
 * The workload process: orders on standard input, one JSON sample or attempt a line on standard output.
 * When its input ends it begins nothing more, waits for what is under way, and ends.
 */
import { createInterface } from "node:readline";
import type { Attempt } from "./attempts.ts";
import { JobGiver } from "./job-giver.ts";
import { monotonicMs, type Sample, workClasses } from "./journal.ts";
import { openLoop } from "./open-loop.ts";
import type { WorkloadOrder } from "./workload.ts";
import { Writer } from "./writer.ts";

const underWay = new Set<Promise<void>>();
const stops: (() => void)[] = [];
let jobs: JobGiver | undefined;

function tell(what: Sample | Attempt): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function follow(work: Promise<void>): void {
  underWay.add(work);
  void work.finally(() => underWay.delete(work));
}

function start({ target, writer }: Extract<WorkloadOrder, { target: unknown }>): void {
  const entries = new Writer({ target, writer, tell });
  const giver = new JobGiver({ target, tell });
  jobs = giver;
  const { writes, jobs: ordered } = workClasses;
  const now = monotonicMs();
  stops.push(
    openLoop(writes.periodMs, now, (dueMs) => follow(entries.write(dueMs))),
    // Not at the same instants as the rows.
    openLoop(ordered.periodMs, now + writes.periodMs / 2, (dueMs) => follow(giver.give(dueMs))),
  );
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line) as WorkloadOrder;
    if ("target" in order) start(order);
    else if (jobs) follow(jobs.giveAtOnce(order.surge));
  })
  .on("close", () => void end());

async function end(): Promise<void> {
  for (const stop of stops) stop();
  await Promise.all(underWay);
  process.exit(0);
}

process.on("SIGINT", () => {}); // A terminal's Ctrl-C reaches the whole group; the drill decides when this ends.
