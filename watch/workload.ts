import { randomUUID } from "node:crypto";
import type { Attempt } from "./attempts.ts";
import { WatchProcess } from "./child.ts";
import type { ClientTarget } from "./client.ts";
import type { Sample } from "./journal.ts";

/** What the workload process is told: first whom it calls as whom, then now and then how many jobs to give at once. */
export type WorkloadOrder = { target: ClientTarget; writer: string } | { surge: number };

/** The process of the clients that leave something behind, seen from the drill. Times are absolute and monotonic. */
export class Workload extends WatchProcess<Sample | Attempt> {
  /** Whose entries they are. */
  readonly writer = randomUUID();

  constructor(target: ClientTarget) {
    super("workload-main.ts");
    this.tell({ target, writer: this.writer } satisfies WorkloadOrder);
  }

  /** That many jobs more, as fast as they are taken. */
  surge(count: number): void {
    this.tell({ surge: count } satisfies WorkloadOrder);
  }
}
