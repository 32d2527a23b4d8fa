import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { sqlPort } from "../data-hosts.ts";
import type { DataHosts, Side } from "../data-hosts.ts";
import type { Nic } from "../nic.ts";
import type { Supervisor } from "../supervisor.ts";
import type { PlantTools } from "../tools.ts";
import { Cluster, superuser } from "./cluster.ts";
import type { ClusterPlace } from "./cluster.ts";
import { Clusters } from "./clusters.ts";
import { startGateway } from "./gateway.ts";
import type { Gateway } from "./gateway.ts";
import type { Programs } from "./run-program.ts";
import type { ServerState } from "./server-states.ts";

export interface SqlServersOptions {
  supervisor: Supervisor;
  nic: Pick<Nic, "set">;
  tools: PlantTools;
  /** Of the run; databases are kept below it. */
  folder: string;
  /** Marks what is started past the supervisor. */
  run: string;
  data: Pick<DataHosts, "sql" | "sqlLink">;
  /** PEM file: certificate and key. */
  certificate: string;
  /** Hex; what access tokens are signed with. */
  tokenKey: string;
  /** Gets a line for what nobody waits for. */
  report: (line: string) => void;
}

/** What everything that is done to databases needs. */
export interface SqlContext {
  clusters: Clusters;
  gateway: Gateway;
  states: Record<Side, ServerState>;
  /** Where replicas reach the databases of both servers. */
  link: { address: string; port: number; password: string };
  /** Without data. */
  createCluster(place: ClusterPlace): Cluster;
  /** Data folder of an empty cluster, which was shut down: it is a base backup as well. */
  template: Promise<string>;
  report: SqlServersOptions["report"];
  /** Aborted at the end: what runs for a moment only ends, and nothing is waited for. */
  signal: AbortSignal;
}

/** Starts the gateway, and beside it makes what new databases are copied from. @throws PLANT_FAILED */
export async function openContext(options: SqlServersOptions, programs: Programs): Promise<SqlContext> {
  const { supervisor, tools, data, report } = options;
  // Short: a path of a unix socket has 107 bytes.
  const folder = path.join(options.folder, "sql");
  mkdirSync(folder, { recursive: true });
  const template = makeTemplate({ tools, folder, programs });
  // Told to whoever needs it.
  template.catch(() => {});
  const password = randomBytes(24).toString("hex");
  let lastFolder = 0;
  return {
    clusters: new Clusters(),
    gateway: await openGateway(options, password),
    states: { primary: "served", secondary: "served" },
    link: { address: data.sqlLink.address, port: sqlPort, password },
    createCluster(place) {
      const own = path.join(folder, String((lastFolder += 1)));
      return new Cluster(place, { supervisor, tools, folder: own, programs });
    },
    template,
    report,
    signal: programs.signal,
  };
}

function openGateway(options: SqlServersOptions, linkPassword: string): Promise<Gateway> {
  const { supervisor, tools, data, certificate, tokenKey } = options;
  const { sql, sqlLink } = data;
  return startGateway({
    supervisor,
    node: tools.node,
    listen: { primary: sql.primary.shadow, secondary: sql.secondary.shadow, link: sqlLink.shadow },
    port: sqlPort,
    certificate,
    tokenKey,
    linkPassword,
  });
}

interface TemplateOptions {
  tools: PlantTools;
  folder: string;
  programs: Programs;
}

// Small segments of the log, so that ending one early, as a restore does, costs little.
const initdbArguments = ["-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync", "--wal-segsize=1"];

async function makeTemplate({ tools, folder, programs }: TemplateOptions): Promise<string> {
  const data = path.join(folder, "template");
  const args = ["-U", superuser, ...initdbArguments, data];
  await programs.run({ tool: tools.initdb, args, folder });
  return data;
}
