import { writeFileSync } from "node:fs";
import path from "node:path";
import type { PlantAddresses } from "./addresses.ts";
import { edgeConfig } from "./haproxy.ts";
import { connectOnce } from "./connect-once.ts";
import type { ProcessSpec } from "./supervisor.ts";
import type { TlsFiles } from "./tls.ts";
import type { PlantTools } from "./tools.ts";

export interface EdgeServerOptions {
  addresses: PlantAddresses;
  tools: PlantTools;
  tls: TlsFiles;
  folder: string;
}

/** The map from proxied names to origins, which the cloud keeps. */
export function originMapOf(folder: string): string {
  return path.join(folder, "edge.map");
}

export function adminSocketOf(folder: string): string {
  return path.join(folder, "edge.sock");
}

/** Writes the edge's configuration and says how to start it. */
export function describeEdge({ addresses, tools, tls, folder }: EdgeServerOptions): ProcessSpec {
  const { clientPort, hosts } = addresses;
  const originMap = originMapOf(folder);
  const listen = hosts.edge.map(({ shadow }) => ({ address: shadow, port: clientPort }));
  const file = path.join(folder, "edge.cfg");
  const files = {
    certificate: tls.edge,
    trust: tls.edgeTrust,
    adminSocket: adminSocketOf(folder),
    originMap,
  };
  writeFileSync(originMap, "");
  const own = hosts.edge.map(({ address }) => address);
  writeFileSync(file, edgeConfig({ addresses: own, listen, originPort: clientPort, files }));
  return {
    name: "edge",
    // In the foreground and without a master process: one pid to stop, kill or freeze.
    command: { path: tools.haproxy.path, args: ["-db", "-f", file] },
    env: tools.haproxy.env,
    ready: {
      until: async (): Promise<true> => {
        await Promise.all(listen.map((socket) => connectOnce(socket)));
        return true;
      },
    },
  };
}
