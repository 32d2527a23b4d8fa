import { fileURLToPath } from "node:url";
import type { HostName, PlantAddresses } from "./addresses.ts";
import type { NicAnswer, NicConfig, NicCounts, NicMode, NicRequest } from "./nic-protocol.ts";
import type { RunningProcess, Supervisor } from "./supervisor.ts";

export type { NicCounts, NicMode } from "./nic-protocol.ts";

/** Turns the network faults on and off. Each call resolves when it is in force. */
export interface Nic {
  set(host: HostName, mode: NicMode): Promise<void>;
  counts(): Promise<Record<HostName, NicCounts>>;
}

type Body<Request> = Request extends NicRequest ? Omit<Request, "id"> : never;

const answerDeadlineMs = 5000;

export interface NicOptions {
  supervisor: Supervisor;
  node: string;
  addresses: PlantAddresses;
}

/** Starts the NIC process. @throws PLANT_FAILED */
export async function startNic({ supervisor, node, addresses }: NicOptions): Promise<Nic> {
  const config: NicConfig = {
    clientPort: addresses.clientPort,
    hosts: Object.entries(addresses.hosts).map(([name, list]) => ({ name, addresses: list })),
  };
  const running = await supervisor.start({
    name: "nic",
    command: {
      path: node,
      args: [fileURLToPath(new URL("nic-main.ts", import.meta.url)), JSON.stringify(config)],
    },
    ready: { line: /"ready":true/ },
  });
  return connectNic(running);
}

function connectNic({ stdin, lines }: RunningProcess): Nic {
  const waiting = new Map<number, (answer: NicAnswer) => void>();
  let lastId = 0;
  lines.onLine((line) => {
    const answer = JSON.parse(line) as NicAnswer;
    waiting.get(answer.id)?.(answer);
  });

  async function ask(body: Body<NicRequest>): Promise<NicAnswer> {
    const id = (lastId += 1);
    const { promise, resolve, reject } = Promise.withResolvers<NicAnswer>();
    const timer = setTimeout(() => reject(new Error("the NIC process does not answer")), answerDeadlineMs);
    waiting.set(id, resolve);
    stdin?.write(`${JSON.stringify({ id, ...body })}\n`);
    try {
      const answer = await promise;
      if ("error" in answer) throw new Error(`the NIC process refused: ${answer.error}`);
      return answer;
    } finally {
      clearTimeout(timer);
      waiting.delete(id);
    }
  }

  return {
    async set(host, mode) {
      await ask({ set: { host, mode } });
    },
    async counts() {
      const answer = await ask({ counts: true });
      if (!("counts" in answer)) throw new Error("the NIC process answered something else");
      return answer.counts;
    },
  };
}
