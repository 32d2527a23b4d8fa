import type { Server } from "node:net";
import type { FirewallRule, MachineCall, MachineSpec } from "../../cloud/azure/plant-protocol.ts";
import { isHostOf } from "../addresses.ts";
import type { Nic } from "../nic.ts";
import type { Ssh } from "../ssh/ssh.ts";
import { Machine } from "./machine.ts";
import type { MachineOptions } from "./machine.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import { systemSocket } from "./stand-ins.ts";
import { serveSystemctl } from "./systemctl.ts";

export interface MachinesOptions extends MachineOptions {
  nic: Nic;
  ssh: Ssh;
  block: number;
  ports: { client: number; ssh: number };
}

interface Entry {
  machine: Machine;
  power: "on" | "off";
  systemctl: Server | undefined;
}

/** All virtual machines of a plant, as the cloud wants them. */
export class Machines {
  readonly #options: MachinesOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #rules = new Map<string, FirewallRule[]>();
  readonly #queues = new Map<string, Promise<void>>();

  constructor(options: MachinesOptions) {
    this.#options = options;
  }

  /** Calls for one machine are carried out one after the other. @throws ProvisioningFailure, PLANT_FAILED */
  serve(call: MachineCall): Promise<void> {
    if ("boot" in call) return this.#inTurn(call.boot.id, () => this.#boot(call.boot));
    if ("halt" in call) return this.#inTurn(call.halt.machine, () => this.#halt(call.halt.machine));
    if ("remove" in call) return this.#inTurn(call.remove.machine, () => this.#remove(call.remove.machine));
    // Not in turn: they come right behind the order to boot, and must not wait until the units serve.
    return this.#setRules(call.firewall.machine, call.firewall.rules);
  }

  /** @throws Error when the cloud has no machine of that name */
  get(name: string): Machine {
    return this.#entry(name).machine;
  }

  /** Those whose name begins so, as the instances of a scale set. */
  named(prefix: string): Machine[] {
    const machines = [...this.#entries.values()].map(({ machine }) => machine);
    return machines.filter(({ spec }) => spec.name.startsWith(prefix));
  }

  /** Whether it was halted, killed or stopped: its units run afterwards. */
  async start(name: string): Promise<void> {
    const { machine } = this.#entry(name);
    await this.#inTurn(machine.spec.id, () => this.#boot(machine.spec));
  }

  /**
   * To be called before the supervisor ends all processes: nothing is restarted any more. A boot in
   * progress is not waited for; it fails with the supervisor.
   */
  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    entries.forEach(({ systemctl }) => systemctl?.close());
    await Promise.all(entries.map(({ machine }) => machine.services.stopAll()));
  }

  async #boot(spec: MachineSpec): Promise<void> {
    const { nic } = this.#options;
    const entry = this.#entries.get(spec.id) ?? (await this.#add(spec));
    if (entry.power === "off") await nic.setPower(spec.name, "on");
    entry.power = "on";
    const { machine } = entry;
    try {
      await machine.boot();
      entry.systemctl ??= await serveSystemctl(machine.services, `${machine.place.root}${systemSocket}`);
      await this.#options.ssh.add(machine);
    } catch (error) {
      // Its rules stay: the cloud may try again with other customData.
      if (!machine.provisioned) await this.#discard(spec.id);
      throw error;
    }
  }

  async #add(spec: MachineSpec): Promise<Entry> {
    const { nic, block, ports } = this.#options;
    const taken = [...this.#entries.values()].find(({ machine }) => machine.spec.name === spec.name);
    if (taken) throw new ProvisioningFailure(`the name ${spec.name} is taken by ${taken.machine.spec.id}`);
    const strangers = spec.addresses.filter((address) => !isHostOf(address, block));
    if (strangers.length > 0 || spec.addresses.length === 0) {
      const list = strangers.join(", ") || "none";
      throw new ProvisioningFailure(
        `addresses must be in 127.${block}.0.0–127.${block}.99.255; it has ${list}`,
      );
    }
    const machine = new Machine(spec, this.#options);
    const { shadow } = machine.place;
    const addresses = [...new Set(spec.addresses)].map((address) => ({ address, shadow }));
    const entry: Entry = { machine, power: "on", systemctl: undefined };
    const config = { name: spec.name, addresses, ports: [ports.client, ports.ssh] };
    // Closed until the cloud says who may come in: it does for every machine.
    await nic.add({ ...config, rules: [] });
    this.#entries.set(spec.id, entry);
    await this.#setRules(spec.id, this.#rules.get(spec.id) ?? []);
    return entry;
  }

  /** First the network, so that clients hear nothing of how the processes end. */
  async #halt(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const { name } = entry.machine.spec;
    await this.#options.nic.setPower(name, "off");
    entry.power = "off";
    await this.#options.ssh.remove(name);
    entry.systemctl?.close();
    entry.systemctl = undefined;
    await entry.machine.halt();
  }

  async #remove(id: string): Promise<void> {
    this.#rules.delete(id);
    await this.#discard(id);
  }

  async #discard(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (!entry) return;
    const { name } = entry.machine.spec;
    this.#entries.delete(id);
    entry.systemctl?.close();
    await this.#options.ssh.remove(name);
    await this.#options.nic.remove(name);
    await entry.machine.remove();
  }

  async #setRules(id: string, rules: FirewallRule[]): Promise<void> {
    this.#rules.set(id, rules);
    const entry = this.#entries.get(id);
    if (entry) await this.#options.nic.setRules(entry.machine.spec.name, rules);
  }

  #entry(name: string): Entry {
    const entry = [...this.#entries.values()].find(({ machine }) => machine.spec.name === name);
    if (!entry) throw new Error(`the cloud has no machine called ${name}`);
    return entry;
  }

  #inTurn(id: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.#queues.get(id) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => {
      // Told to whoever asked; the next call has its turn all the same.
    });
    this.#queues.set(id, settled);
    return turn;
  }
}
