import { WatchProcess } from "./child.ts";
import type { Sample } from "./journal.ts";
import type { ProbeTarget } from "./probe.ts";

/** The probe process, seen from the drill. Samples carry absolute monotonic times. */
export class Probes extends WatchProcess<Sample> {
  constructor(target: ProbeTarget) {
    super("probe-main.ts");
    this.tell(target);
  }
}
