import { once } from "node:events";
import type { Server } from "node:net";
import { poll } from "../../../local/plant/readiness.ts";

/**
 * Waits for an address that is just being given up: test files are threads of one process, and a child that another of
 * them has forked holds the sockets of all until it executes its program.
 */
export function listenOn(server: Server, socket: { host: string; port: number }): Promise<void> {
  return poll({
    deadlineMs: 5000,
    until: async (): Promise<true> => {
      server.listen(socket);
      await once(server, "listening");
      return true;
    },
  });
}
