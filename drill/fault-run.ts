import { FailoverError } from "../infra/errors.ts";
import type { Journal } from "../watch/journal.ts";
import type { BreakablePlant, Fault, Proof } from "./faults/fault.ts";
import { type FaultName, faults } from "./faults/index.ts";
import type { Scenario } from "./scenarios.ts";
import { orStopped, waitUntil } from "./wait.ts";

/** What was lifted answers again within this. */
const healingMs = 30_000;

interface Damage {
  scenario: Scenario;
  plant: BreakablePlant;
  journal: Journal;
  /** How long a fault is given until it shows. */
  deadlineMs: number;
  signal: AbortSignal;
}

/** Breaks what a scenario breaks, proves that it is broken, and undoes it. */
export class FaultRun {
  readonly #damage: Damage;
  #lastAt = new Date();

  constructor(damage: Damage) {
    this.#damage = damage;
  }

  /** When the last one was applied. */
  get brokenAt(): Date {
    return this.#lastAt;
  }

  /** The earlier disaster of a composition; its faults are not those that are measured. */
  async breakBefore(): Promise<void> {
    for (const fault of this.#damage.scenario.during?.faults ?? []) {
      await this.#apply(fault);
      await this.#prove(fault);
    }
  }

  async breakAll(): Promise<void> {
    const { scenario, journal } = this.#damage;
    for (const [index, fault] of scenario.faults.entries()) {
      journal.mark({ kind: "fault", fault });
      this.#lastAt = new Date();
      await this.#apply(fault);
      // What it breaks may take a moment, as a replica that falls behind; the next one is to find it broken.
      if (index + 1 < scenario.faults.length) await this.#wait(() => this.#isBroken(fault));
    }
  }

  /** Looks at each broken part directly. */
  async proveAll(): Promise<void> {
    await Promise.all(this.#damage.scenario.faults.map((fault) => this.#prove(fault)));
  }

  /** @throws FailoverError PLANT_FAILED when something stays broken */
  async liftAll(): Promise<void> {
    const { scenario, journal, plant, signal } = this.#damage;
    const liftable = [...scenario.faults, ...(scenario.during?.faults ?? [])].filter(
      (name) => faults[name].lift,
    );
    for (const fault of liftable) {
      const { lift }: Fault = faults[fault];
      // Before it: what serves while a fault is being lifted is no longer what the switch achieved.
      journal.mark({ kind: "lift", fault });
      if (lift) await orStopped(lift(plant), signal);
    }
    for (const fault of liftable) await this.#healed(fault);
  }

  async #apply(fault: FaultName): Promise<void> {
    await orStopped(faults[fault].apply(this.#damage.plant), this.#damage.signal);
  }

  async #prove(fault: FaultName): Promise<void> {
    let proof: Proof = { proven: false, evidence: "" };
    await this.#wait(async () => (proof = await faults[fault].prove(this.#damage.plant)).proven);
    this.#damage.journal.mark({ kind: "proof", fault, ...proof });
  }

  async #isBroken(fault: FaultName): Promise<boolean> {
    return (await faults[fault].prove(this.#damage.plant)).proven;
  }

  async #healed(fault: FaultName): Promise<void> {
    const { signal } = this.#damage;
    // What cannot be looked at is not well yet: a server that is just joining its new primary, say.
    const healed = async () => !(await this.#isBroken(fault).catch(() => true));
    if (await waitUntil(healed, { deadlineMs: healingMs, signal })) return;
    throw new FailoverError("PLANT_FAILED", {
      problems: `${fault} was lifted ${healingMs / 1000} s ago, and what it broke still does not answer.`,
      fix: "npm run drill",
    });
  }

  #wait(condition: () => Promise<boolean>): Promise<boolean> {
    const { deadlineMs, signal } = this.#damage;
    return waitUntil(condition, { deadlineMs, signal });
  }
}
