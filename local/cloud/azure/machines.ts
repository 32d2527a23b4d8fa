import type { Firewall } from "./firewall.ts";
import type { Plant } from "./plant.ts";
import type { MachineSpec } from "./plant-protocol.ts";

/** Brings machines up and down in the plant. Each method settles when the plant has done it. */
export class Machines {
  readonly #plant: Plant;
  readonly #firewall: Firewall;

  constructor(plant: Plant, firewall: Firewall) {
    this.#plant = plant;
    this.#firewall = firewall;
  }

  /** The rules are sent right behind the order to boot, so that no unit of the machine serves without them. */
  async boot(spec: MachineSpec): Promise<void> {
    const booting = this.#plant.call({ boot: spec });
    const [result] = await Promise.allSettled([booting, this.#firewall.refresh()]);
    if (result.status === "rejected") throw result.reason;
    await this.#firewall.refresh();
  }

  async halt(machine: string): Promise<void> {
    await this.#plant.call({ halt: { machine } });
  }

  async remove(machine: string): Promise<void> {
    await this.#plant.call({ remove: { machine } });
    this.#firewall.forget(machine);
  }
}
