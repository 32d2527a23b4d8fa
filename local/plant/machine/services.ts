import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { childEnvironment } from "../environment.ts";
import type { Supervisor, UnexpectedExit } from "../supervisor.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import { commandOf, describeService, processName } from "./service.ts";
import type { ServiceContext } from "./service.ts";
import type { Unit } from "./unit.ts";
import { expandWords } from "./unit-words.ts";

const run = promisify(execFile);

/** `recorded`: started as far as anybody on the machine can tell, and nothing runs here. */
export type ServiceState = "inactive" | "starting" | "active" | "failed" | "recorded";

interface Service {
  unit: Unit;
  state: ServiceState;
  environment: Record<string, string>;
  startedAtMs: number[];
  /** While one is under way. */
  launch?: Promise<void> | undefined;
  restart?: NodeJS.Timeout;
}

export interface ServicesOptions extends ServiceContext {
  supervisor: Supervisor;
  /** A unit ended and is not started again: its limit of starts is reached, or it has no Restart=. */
  onFailure: (exit: UnexpectedExit) => void;
  report: (line: string) => void;
}

/** What systemd is to a machine: starts its units and restarts those that end. */
export class Services {
  readonly #options: ServicesOptions;
  readonly #services = new Map<string, Service>();
  readonly #enabled = new Set<string>();

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  enable(name: string): void {
    this.#options.disk.readUnit(name);
    this.#enabled.add(name);
  }

  /** As a boot does. @throws ProvisioningFailure, PLANT_FAILED */
  async startEnabled(): Promise<void> {
    for (const name of this.#enabled) await this.start(name);
  }

  stateOf(name: string): ServiceState {
    return this.#services.get(name)?.state ?? "inactive";
  }

  /** Resolves when the unit is ready; nothing happens when it runs already. One that waits for its restart starts now. */
  async start(name: string): Promise<void> {
    if (["active", "recorded"].includes(this.stateOf(name))) return;
    const { state, launch } = this.#services.get(name) ?? {};
    if (state === "starting" && launch) return launch;
    const unit = this.#options.disk.readUnit(name);
    clearTimeout(this.#services.get(name)?.restart);
    const service: Service = { unit, state: "starting", environment: {}, startedAtMs: [] };
    this.#services.set(name, service);
    await this.#launch(service);
  }

  async stop(name: string, signal?: "SIGKILL"): Promise<void> {
    const service = this.#services.get(name);
    if (!service) return;
    clearTimeout(service.restart);
    service.state = "inactive";
    await this.#options.supervisor.stop(this.#processOf(service), signal);
  }

  async restart(name: string): Promise<void> {
    await this.stop(name);
    await this.start(name);
  }

  /** Its ExecReload= commands, one after the other. @throws ProvisioningFailure when one fails, or there is none */
  async reload(name: string): Promise<void> {
    const service = this.#services.get(name);
    if (service?.state === "recorded") return;
    if (service?.state !== "active") throw new ProvisioningFailure(`${name} is not active, cannot reload`);
    if (service.unit.reload.length === 0) throw new ProvisioningFailure(`${name} has no ExecReload`);
    for (const words of service.unit.reload) await this.#reloadBy(service, words);
  }

  /** Of every unit; with SIGKILL as in a crash. Nothing is restarted. */
  async stopAll(signal?: "SIGKILL"): Promise<void> {
    await Promise.all([...this.#services.keys()].map((name) => this.stop(name, signal)));
  }

  freeze(): void {
    this.#running().forEach((name) => this.#options.supervisor.freeze(name));
  }

  thaw(): void {
    this.#running().forEach((name) => this.#options.supervisor.thaw(name));
  }

  async #launch(service: Service): Promise<void> {
    service.launch = this.#bringUp(service);
    try {
      await service.launch;
    } finally {
      service.launch = undefined;
    }
  }

  async #bringUp(service: Service): Promise<void> {
    const { supervisor, report, machine } = this.#options;
    service.startedAtMs.push(performance.now());
    try {
      const described = describeService(service.unit, this.#options);
      if (described) {
        service.environment = described.environment;
        await supervisor.start({ ...described.spec, onExit: (exit) => this.#ended(service, exit) });
      } else report(`${machine}: ${service.unit.name} is control plane only, nothing runs for it`);
      if (service.state === "starting") service.state = described ? "active" : "recorded";
    } catch (error) {
      if (service.state === "starting") service.state = "failed";
      throw error;
    }
  }

  #ended(service: Service, exit: UnexpectedExit): void {
    const { unit, state } = service;
    if (state !== "active") return;
    const again = unit.restart === "always" || (unit.restart === "on-failure" && exit.how !== "exit code 0");
    if (!again || isOverLimit(service)) {
      service.state = "failed";
      this.#options.onFailure(exit);
      return;
    }
    this.#options.report(`${exit.name} ended (${exit.how}) and is started again`);
    service.state = "starting";
    service.restart = setTimeout(() => void this.#relaunch(service, exit), unit.restartMs);
  }

  async #relaunch(service: Service, exit: UnexpectedExit): Promise<void> {
    try {
      await this.#launch(service);
    } catch (error) {
      // Stopped meanwhile: its failure to start is no news.
      if (service.state !== "failed") return;
      service.state = "active";
      const tail = error instanceof Error ? error.message : String(error);
      this.#ended(service, { ...exit, how: "it did not become ready again", tail });
    }
  }

  async #reloadBy({ unit, environment, ...service }: Service, words: string[]): Promise<void> {
    const [program = "", ...args] = expandWords(words, environment);
    const [signal] = args;
    if (program === "/bin/kill" && words[2] === "$MAINPID") {
      this.#options.supervisor.signal(this.#processOf({ unit, environment, ...service }), signalOf(signal));
      return;
    }
    const command = commandOf({ program, args }, this.#options, unit.name);
    if (!command) return;
    const env = childEnvironment(this.#options.folder, { ...this.#options.environment, ...command.env });
    await run(command.path, command.args, { env }).catch((error: Error & { stderr?: string }) => {
      throw new ProvisioningFailure(`Job for ${unit.name} failed.\n${error.stderr ?? error.message}`, {
        cause: error,
      });
    });
  }

  #processOf({ unit }: Service): string {
    return processName(this.#options.machine, unit.name);
  }

  #running(): string[] {
    const { supervisor } = this.#options;
    const names = [...this.#services.values()].map((service) => this.#processOf(service));
    return names.filter((name) => supervisor.isRunning(name));
  }
}

function signalOf(option = ""): NodeJS.Signals {
  return `SIG${option.replace(/^-(SIG)?/, "")}` as NodeJS.Signals;
}

function isOverLimit({ unit, startedAtMs }: Service): boolean {
  const { intervalMs, burst } = unit.limit;
  const since = performance.now() - intervalMs;
  return intervalMs > 0 && startedAtMs.filter((at) => at >= since).length >= burst;
}
