import { fileURLToPath } from "node:url";
import type { Side } from "../data-hosts.ts";
import { openChannel } from "../request-channel.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Admitted, GatewayAnswer, GatewayRequest, GatewaySettings } from "./gateway-protocol.ts";

/** A database of a server as `primary/saas`, and the unix socket of the PostgreSQL that serves it. */
export interface Routed {
  name: string;
  socket: string;
}

/** Azure SQL's gateway of both regions. Each call resolves when it is in force. */
export interface Gateway {
  route(cluster: Routed, admits?: Admitted): Promise<void>;
  /** Its connections are reset, too. */
  unroute(cluster: Routed): Promise<void>;
  serve(side: Side, on: boolean): Promise<void>;
}

export interface GatewayOptions extends GatewaySettings {
  supervisor: Supervisor;
  node: string;
}

/** @throws PLANT_FAILED, or Error when an address is taken */
export async function startGateway({ supervisor, node, ...settings }: GatewayOptions): Promise<Gateway> {
  const running = await supervisor.start({
    name: "sql-gateway",
    command: { path: node, args: [fileURLToPath(new URL("gateway-main.ts", import.meta.url))] },
    ready: { line: /"ready":true/ },
  });
  const ask = openChannel<GatewayRequest, GatewayAnswer>(running);
  const tell = async (request: GatewayRequest) => {
    await ask(request);
  };
  await tell({ open: settings });
  return {
    route: ({ name, socket }, admits = "everybody") => tell({ route: { database: name, socket, admits } }),
    unroute: ({ name }) => tell({ unroute: { database: name } }),
    serve: (side, on) => tell({ serve: { side, on } }),
  };
}
