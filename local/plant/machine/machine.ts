import path from "node:path";
import type { MachineSpec } from "../../cloud/azure/plant-protocol.ts";
import { shadowOf } from "../addresses.ts";
import type { SocketAddress } from "../addresses.ts";
import { createSshKey } from "../ssh-key.ts";
import type { Supervisor, UnexpectedExit } from "../supervisor.ts";
import type { PlantTools } from "../tools.ts";
import { parseCloudConfig } from "./cloud-config.ts";
import type { CloudConfig } from "./cloud-config.ts";
import { Disk } from "./disk.ts";
import { linkPackages } from "./npm-packages.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import { searchPath } from "./place.ts";
import type { Place } from "./place.ts";
import type { Command } from "./run-command.ts";
import { Services } from "./services.ts";
import { writeStandIns } from "./stand-ins.ts";

export interface MachineOptions {
  supervisor: Supervisor;
  tools: PlantTools;
  /** Of the plant's run. Machines are below it. */
  folder: string;
  /** PEM: what the image trusts, and the plant's authority alone. */
  trust: { bundle: string; authority: string };
  /** Where a machine looks up names of Azure's. */
  resolver: SocketAddress;
  /** How often hosts ask for their settings, whatever their units say. */
  refreshSeconds: number;
  onFailure: (exit: UnexpectedExit) => void;
  report: (line: string) => void;
}

/** A virtual machine: a folder, and the processes that its customData asks for. */
export class Machine {
  readonly spec: MachineSpec;
  readonly place: Place;
  readonly services: Services;
  readonly #options: MachineOptions;
  readonly #disk: Disk;
  #provisioned = false;
  #sshHostKey = "";

  constructor(spec: MachineSpec, options: MachineOptions) {
    const [address = ""] = spec.addresses;
    this.spec = spec;
    this.#options = options;
    // Short: a unix socket's path has little room, and HAProxy's are below.
    const root = path.join(options.folder, "vm", spec.name);
    this.place = { root, address, shadow: shadowOf(address) };
    this.#disk = new Disk(this.place);
    this.services = new Services({
      ...options,
      machine: spec.name,
      disk: this.#disk,
      environment: environmentOf(spec, this.place, options),
      overrides: { SETTINGS_REFRESH_SECONDS: String(options.refreshSeconds) },
    });
  }

  /** Of sshd, in OpenSSH's format: as customData has it, else made at the first boot. */
  get sshHostKey(): string {
    return this.#sshHostKey;
  }

  /** Its customData was executed. */
  get provisioned(): boolean {
    return this.#provisioned;
  }

  get home(): string {
    return this.#disk.locate(homeOf(this.spec));
  }

  /** Of commands that come by SSH. */
  get shellEnvironment(): Record<string, string> {
    const { adminUsername: user } = this.spec;
    return {
      ...environmentOf(this.spec, this.place, this.#options),
      HOME: this.home,
      USER: user,
      LOGNAME: user,
    };
  }

  /**
   * The first boot executes customData, later ones start the units it enabled.
   * @throws ProvisioningFailure, PLANT_FAILED; no process is left then, and the next boot is a first one
   */
  async boot(): Promise<void> {
    if (this.#provisioned) return this.services.startEnabled();
    try {
      await this.#provision(parseCloudConfig(this.spec.customData));
      this.#provisioned = true;
    } catch (error) {
      await this.remove();
      throw error;
    }
  }

  /** Gracefully. The disk stays, but for /run, which is memory. */
  async halt(): Promise<void> {
    await this.services.stopAll();
    this.#disk.forgetRun();
  }

  /** Gracefully, too: what a unit does may be half done, as a worker's job. */
  async remove(): Promise<void> {
    await this.services.stopAll();
    this.#disk.remove();
    this.#provisioned = false;
  }

  /** cloud-init's own order: host keys and files, then packages, then commands. */
  async #provision({ packages, sshHostKey, files, commands }: CloudConfig): Promise<void> {
    const { tools, trust } = this.#options;
    this.#disk.create({ home: homeOf(this.spec), trust: trust.bundle });
    this.#sshHostKey = sshHostKey ?? createSshKey(this.spec.name).privateKey;
    files.forEach((file) => this.#disk.write(file));
    packages.forEach((name) => this.#disk.install(name));
    writeStandIns(this.#disk, tools);
    for (const command of commands) await this.#execute(command);
  }

  async #execute(command: Command): Promise<void> {
    if ("install" in command) {
      if (!this.#disk.has("npm")) throw new ProvisioningFailure("runcmd: package npm is not installed");
      linkPackages(this.#disk.locate(command.install));
    }
    if (!("enable" in command)) return;
    this.services.enable(command.enable);
    await this.services.start(command.enable);
  }
}

function homeOf({ adminUsername }: MachineSpec): string {
  return `/home/${adminUsername}`;
}

function environmentOf(
  { identity }: MachineSpec,
  place: Place,
  { trust, resolver }: MachineOptions,
): Record<string, string> {
  return {
    PATH: searchPath(place),
    HOME: place.root,
    TMPDIR: path.join(place.root, "tmp"),
    NODE_EXTRA_CA_CERTS: trust.authority,
    PLANT_RESOLVER: `${resolver.address}:${resolver.port}`,
    ...(identity && { IDENTITY_ENDPOINT: identity.endpoint, IDENTITY_HEADER: identity.header }),
  };
}
