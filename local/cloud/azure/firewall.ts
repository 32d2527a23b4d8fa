import { rangesOf } from "./address-pool.ts";
import { parseCidr } from "./cidr.ts";
import { valuesAt } from "./document.ts";
import { effectiveRules, type SecurityRule, type Side } from "./effective-rules.ts";
import { doorsOf, type Door } from "./machine-doors.ts";
import type { Plant } from "./plant.ts";
import type { FirewallRule } from "./plant-protocol.ts";
import type { ResourceStore } from "./resource-store.ts";

/** Keeps the plant's firewall as the security groups say. */
export class Firewall {
  readonly #store: ResourceStore;
  readonly #plant: Plant;
  /** What each machine's door was told last. */
  readonly #told = new Map<string, { text: string; done: Promise<unknown> }>();

  constructor(store: ResourceStore, plant: Plant) {
    this.#store = store;
    this.#plant = plant;
  }

  /** Tells every door whose rules have changed; settles when all have them. */
  async refresh(): Promise<void> {
    const doors = doorsOf(this.#store);
    const present = new Set(doors.map(({ machine }) => machine));
    for (const machine of this.#told.keys()) if (!present.has(machine)) this.#told.delete(machine);
    await Promise.all(doors.map((door) => this.#tell(door)));
  }

  /** The plant has dropped the machine, its rules with it. */
  forget(machine: string): void {
    this.#told.delete(machine);
  }

  machines(): string[] {
    return doorsOf(this.#store).map(({ machine }) => machine);
  }

  rulesOf(machine: string): FirewallRule[] {
    const door = doorsOf(this.#store).find((each) => each.machine === machine);
    return door ? effectiveRules(this.#sideOf(door)) : [];
  }

  /** Also waits for an order of another refresh that says the same. */
  #tell(door: Door): Promise<unknown> {
    const { machine } = door;
    const rules = effectiveRules(this.#sideOf(door));
    const text = JSON.stringify(rules);
    const before = this.#told.get(machine);
    if (before?.text === text) return before.done;
    const done = this.#plant.call({ firewall: { machine, rules } });
    this.#told.set(machine, { text, done });
    done.catch(() => {
      if (this.#told.get(machine)?.done === done) this.#told.delete(machine);
    });
    return done;
  }

  #sideOf({ address, subnet, groupIds, publicAddress }: Door): Side {
    const network = subnet.parentKey ? this.#store.get(subnet.parentKey) : undefined;
    const prefixes = network
      ? valuesAt(network.document, "properties.addressSpace.addressPrefixes[]").flatMap(
          (prefix) => parseCidr(String(prefix)) ?? [],
        )
      : rangesOf(subnet);
    const groups = groupIds.map((id) => this.#rulesIn(id));
    return { groups, address, network: prefixes, closedToInternet: publicAddress !== undefined };
  }

  #rulesIn(groupId: string): SecurityRule[] {
    return this.#store
      .childrenOf(groupId.toLowerCase(), "Microsoft.Network/networkSecurityGroups/securityRules")
      .filter(({ state }) => state !== "Deleting")
      .map(({ name, document }) => ({ name, properties: document.properties }));
  }
}
