import type { Axes } from "../../infra/topologies.ts";
import { formatDuration } from "../duration.ts";
import type { TopologyPreview } from "./report.ts";
import { fenced } from "../markdown.ts";

/** Nodes by the values of the axes that lead to them. */
const origins: Record<Axes["origin"], Node> = {
  "load-balancer-main": { id: "lbMain", label: "load balancer main" },
  "load-balancer-backup": { id: "lbBackup", label: "load balancer backup" },
  "api-main": { id: "apiMain", label: "API main" },
  "api-backup": { id: "apiBackup", label: "API backup" },
};
const databases: Record<Axes["database"], string> = {
  live: "database",
  restored: "restored database",
  secondary: "database of the secondary region",
};
const storages: Record<Axes["storage"], string> = {
  primary: "storage",
  secondary: "storage of the secondary region",
};

interface Node {
  id: string;
  label: string;
}

/**
 * The way of a request in a topology after merging, as Mermaid draws it: what a switch from `normal` moves has a thick
 * border, what is left aside a broken one. Undefined for a topology that is gone.
 */
export function pictureOf({ base, head }: TopologyPreview, normal: Axes): string | undefined {
  if (!head) return undefined;
  const { axes, nextSwitchSeconds } = head.figures;
  const was = base?.figures.nextSwitchSeconds ?? nextSwitchSeconds;
  const lines = [
    "flowchart LR",
    ...way(axes, ttlLabel(nextSwitchSeconds, was)),
    ...pastEdge(axes),
    ...data(axes, normal),
    ...aside(axes, normal),
    "  classDef moved stroke:#d9730d,stroke-width:3px",
    "  classDef aside stroke-dasharray:5 4",
    ...marks(axes, normal),
  ];
  return fenced(lines, "mermaid");
}

function ttlLabel(seconds: number | null, was: number | null): string {
  if (seconds === null) return "DNS";
  const before = was !== null && was !== seconds ? ` (was ${formatDuration(was)})` : "";
  return `DNS, kept ${formatDuration(seconds)}${before}`;
}

function way({ edge, origin, api }: Axes, dns: string): string[] {
  const first = originOf(origin);
  const lines = [
    '  clients(["clients"])',
    ...(edge === "proxied" ? ['  edge["Cloudflare edge"]'] : []),
    node(first),
  ];
  lines.push(
    ...(edge === "proxied"
      ? [`  clients -->|"${dns}"| edge`, `  edge --> ${first.id}`]
      : [`  clients -->|"${dns}"| ${first.id}`]),
  );
  if (!first.id.startsWith("lb")) return lines;
  const [main, backup] = [origins["api-main"], origins["api-backup"]];
  if (api !== "backup") lines.push(node(main), `  ${first.id} --> ${main.id}`);
  if (api === "both") lines.push(node(backup), `  ${first.id} -.->|"else"| ${backup.id}`);
  if (api === "backup") lines.push(node(backup), `  ${first.id} --> ${backup.id}`);
  return lines;
}

/** The firewall is not drawn, but for those whom it lets in: clients that go on with an old answer. */
function pastEdge({ edge, origin, bypass }: Axes): string[] {
  if (edge !== "proxied" || bypass !== "open") return [];
  return [`  clients -.->|"old answers, firewall open"| ${originOf(origin).id}`];
}

/** Only what is not as in `normal`: a picture of everything shows nothing. */
function data(axes: Axes, normal: Axes): string[] {
  const from = lastServer(axes);
  return [
    ...(axes.database === normal.database
      ? []
      : [`  ${from} --> data[("${text(databases[axes.database])}")]`]),
    ...(axes.storage === normal.storage ? [] : [`  ${from} --> store[("${text(storages[axes.storage])}")]`]),
    ...(axes.workers === normal.workers
      ? []
      : [`  pool["workers of the secondary region: ${text(axes.workers)}"]`]),
  ];
}

/** What carries clients in `normal` and none here. */
function aside(axes: Axes, normal: Axes): string[] {
  const gone: Node[] = [];
  if (normal.edge === "proxied" && axes.edge !== "proxied")
    gone.push({ id: "edge", label: "Cloudflare edge" });
  if (axes.origin !== normal.origin) gone.push(originOf(normal.origin));
  if (axes.api !== normal.api && axes.api !== "both")
    gone.push(origins[axes.api === "main" ? "api-backup" : "api-main"]);
  return gone.map(({ id, label }) => `  ${id}["${label}, not used"]:::aside`);
}

function marks(axes: Axes, normal: Axes): string[] {
  const moved = [
    ...(axes.origin !== normal.origin || axes.edge !== normal.edge ? [originOf(axes.origin).id] : []),
    ...(axes.api !== normal.api && originOf(axes.origin).id.startsWith("lb") ? [lastServer(axes)] : []),
    ...(axes.database === normal.database ? [] : ["data"]),
    ...(axes.storage === normal.storage ? [] : ["store"]),
    ...(axes.workers === normal.workers ? [] : ["pool"]),
  ];
  return moved.length > 0 ? [`  class ${moved.join(",")} moved`] : [];
}

function lastServer({ origin, api }: Axes): string {
  const { id } = originOf(origin);
  if (!id.startsWith("lb")) return id;
  return origins[api === "backup" ? "api-backup" : "api-main"].id;
}

function node({ id, label }: Node): string {
  return `  ${id}["${label}"]`;
}

/** A value that this version does not know is drawn as a server of that name. */
function originOf(origin: Axes["origin"]): Node {
  return origins[origin] ?? { id: "origin", label: text(origin) };
}

/** What stands in quotes must not end them. */
function text(value: string | undefined): string {
  return (value ?? "").replaceAll(/[^\w .,:+()-]/g, "");
}
