import { randomUUID } from "node:crypto";
import { ArmError, armError, retrySoon } from "./arm-error.ts";
import type { Durations } from "./durations.ts";
import { PlantRefusal } from "./plant.ts";

export interface Operation {
  id: string;
  status: "InProgress" | "Succeeded" | "Failed";
  startTime: string;
  endTime: string | null;
  error: ArmError | null;
  /** Whose: the id in lower case. */
  key: string;
  /** Of its namespace and region, for the URLs that clients poll. */
  namespace: string;
  region: string;
}

export interface Work {
  key: string;
  namespace: string;
  /** Those whose failure ends the operation; the first is the operation's own. */
  regions: readonly string[];
  /** Modelled, in real seconds. */
  seconds: number;
  /** What takes its own time: machines, databases, storage. */
  run: () => Promise<void>;
  /** Called once, before the operation reads as ended. */
  ended: (error: ArmError | null) => void;
}

/** Long-running operations: accepted, in progress, ended. */
export class Operations {
  readonly #durations: Durations;
  readonly #operations = new Map<string, Operation>();
  readonly #inFlight = new Map<Operation, { regions: readonly string[]; abort: AbortController }>();

  constructor(durations: Durations) {
    this.#durations = durations;
  }

  get(id: string): Operation | undefined {
    return this.#operations.get(id.toLowerCase());
  }

  /** The operation in flight on a resource. */
  of(key: string): Operation | undefined {
    return [...this.#inFlight.keys()].find((operation) => operation.key === key);
  }

  /** One in flight on the resource or below it. */
  below(key: string): Operation | undefined {
    return [...this.#inFlight.keys()].find((operation) => `${operation.key}/`.startsWith(`${key}/`));
  }

  /** The same work for a call that is answered when it is done. @throws ArmError */
  async finish(work: Work): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<ArmError | null>();
    const ended = (error: ArmError | null) => {
      work.ended(error);
      resolve(error);
    };
    this.start({ ...work, ended });
    const error = await promise;
    if (error) throw error;
  }

  start(work: Work): Operation {
    const operation: Operation = {
      id: randomUUID(),
      status: "InProgress",
      startTime: new Date().toISOString(),
      endTime: null,
      error: null,
      key: work.key,
      namespace: work.namespace,
      region: work.regions[0] ?? "global",
    };
    this.#operations.set(operation.id, operation);
    const abort = new AbortController();
    this.#inFlight.set(operation, { regions: work.regions, abort });
    void this.#carryOut(work, operation, abort.signal);
    return operation;
  }

  /** Everything in flight in the region ends as failed. What machines were told already, they still do. */
  failIn(region: string): void {
    for (const { regions, abort } of this.#inFlight.values()) {
      if (regions.includes(region)) abort.abort(regionLost(region));
    }
  }

  async #carryOut(work: Work, operation: Operation, signal: AbortSignal): Promise<void> {
    const lost = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    });
    const all = this.#durations.wait(work.seconds, signal).then(work.run);
    operation.error = await Promise.race([all, lost]).then(
      () => null,
      (error: unknown) => asArmError(error, signal),
    );
    work.ended(operation.error);
    operation.status = operation.error ? "Failed" : "Succeeded";
    operation.endTime = new Date().toISOString();
    this.#inFlight.delete(operation);
  }
}

/** Assumed: as at a refused write, who asks for the result may ask again soon. Else a client backs off for minutes. */
function regionLost(location: string): ArmError {
  return armError("regionLost", { location }).with(retrySoon(1000));
}

function asArmError(error: unknown, signal: AbortSignal): ArmError {
  if (signal.aborted) return signal.reason as ArmError;
  if (error instanceof ArmError) return error;
  if (error instanceof PlantRefusal) return new ArmError(409, error.code, error.message);
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new ArmError(500, "InternalServerError", "An internal error occurred.");
}
