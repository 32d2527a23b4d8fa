import type { Machines } from "./machine/machines.ts";
import type { ProcessSpec, Supervisor } from "./supervisor.ts";

/** What faults do to whatever runs on a host. */
export interface Host {
  /** Gracefully. */
  stop(): Promise<void>;
  /** Resolves when everything on it is ready. */
  start(): Promise<void>;
  /** As a crash; nothing is restarted. */
  kill(): Promise<void>;
  /** As a hang: connections are kept, and nothing is answered. */
  freeze(): void;
  thaw(): void;
}

export interface HostsOptions {
  supervisor: Supervisor;
  edge: ProcessSpec;
  machines: Machines;
}

/** Finds `edge`, or a machine of the cloud by its name. @throws Error when there is none of that name */
export function findHost({ supervisor, edge, machines }: HostsOptions, name: string): Host {
  if (name === edge.name) return processAsHost(supervisor, edge);
  const { services } = machines.get(name);
  return {
    stop: () => services.stopAll(),
    start: () => machines.start(name),
    kill: () => services.stopAll("SIGKILL"),
    freeze: () => services.freeze(),
    thaw: () => services.thaw(),
  };
}

function processAsHost(supervisor: Supervisor, spec: ProcessSpec): Host {
  const { name } = spec;
  return {
    stop: () => supervisor.stop(name),
    async start() {
      await supervisor.start(spec);
    },
    kill: () => supervisor.stop(name, "SIGKILL"),
    freeze: () => supervisor.freeze(name),
    thaw: () => supervisor.thaw(name),
  };
}
