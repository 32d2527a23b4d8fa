import { fileURLToPath } from "node:url";
import type { FirewallRule } from "../cloud/azure/plant-protocol.ts";
import type { NicAnswer, NicCounts, NicHostConfig, NicMode, NicRequest, Power } from "./nic-protocol.ts";
import { openChannel } from "./request-channel.ts";
import type { Supervisor } from "./supervisor.ts";

export type { NicCounts, NicHostConfig, NicMode } from "./nic-protocol.ts";

/** The network interfaces of all hosts. Each call resolves when it is in force. */
export interface Nic {
  /** Listens on the host's addresses from now on. @throws Error when one is not loopback, or taken */
  add(host: NicHostConfig): Promise<void>;
  /** Its connections are reset, and nobody listens there any more. */
  remove(host: string): Promise<void>;
  set(host: string, mode: NicMode): Promise<void>;
  /** For new connections: open ones stay, as with Azure's stateful rules. Null admits all of loopback. */
  setRules(host: string, rules: FirewallRule[] | null): Promise<void>;
  setPower(host: string, power: Power): Promise<void>;
  counts(): Promise<Record<string, NicCounts>>;
}

export interface NicOptions {
  supervisor: Supervisor;
  node: string;
}

/** Starts the NIC process, without any host. @throws PLANT_FAILED */
export async function startNic({ supervisor, node }: NicOptions): Promise<Nic> {
  const running = await supervisor.start({
    name: "nic",
    command: { path: node, args: [fileURLToPath(new URL("nic-main.ts", import.meta.url))] },
    ready: { line: /"ready":true/ },
  });
  const ask = openChannel<NicRequest, NicAnswer>(running);
  const tell = async (request: NicRequest) => {
    await ask(request);
  };
  return {
    add: (add) => tell({ add }),
    remove: (host) => tell({ remove: { host } }),
    set: (host, mode) => tell({ set: { host, mode } }),
    setRules: (host, rules) => tell({ rules: { host, rules } }),
    setPower: (host, power) => tell({ power: { host, power } }),
    async counts() {
      const answer = await ask({ counts: true });
      if (!("counts" in answer)) throw new Error("the NIC process answered something else");
      return answer.counts;
    },
  };
}
