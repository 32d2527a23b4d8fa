import type { Endpoints } from "./addresses.ts";
import type { Block } from "./block.ts";
import type { Side } from "./data-hosts.ts";
import type { UnexpectedExit } from "./supervisor.ts";
import type { PlantTools } from "./tools.ts";

export interface PlantOptions {
  toolchain: PlantTools;
  block: Block;
  /** Public addresses of the servers, as the stack's configuration has them under `endpoints`. */
  hosts: Endpoints;
  zoneName: string;
  clientPort: number;
  /** Of all names in Azure. */
  prefix: string;
  /** As ARM has them: where the servers of the data plane are. */
  regions: Record<Side, string>;
  /** The zone's TTLs are divided by it; 1 shortens nothing. */
  ttlDivisor: number;
  /** How often hosts ask for their settings; 10 shortens nothing. */
  refreshSeconds: number;
  /** What Cloudflare's API accepts; 40 characters or more. */
  apiToken: string;
  /** A process of the plant ended although nobody stopped it. */
  onExit: (exit: UnexpectedExit) => void;
  /** Gets a line per step. */
  report: (line: string) => void;
}
