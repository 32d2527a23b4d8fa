import { databaseName, settingsKey } from "../infra/names.ts";
import type { Axes } from "../infra/topologies.ts";
import type { Operation } from "./event-kinds.ts";
import { rootOf, type Step } from "./event-log.ts";
import { type Detect, type Finding, logicalNameOf, nameOf } from "./guard-finding.ts";
import { isEnding, plainType } from "./guard-stateful.ts";

/** A resource that an axis moves, how, and by which of its inputs. */
interface Touch {
  type: string;
  name: string | RegExp;
  op: Operation;
  /** First parts of paths; any where it is made. */
  inputs: readonly string[];
  /** Of one value of the axis alone. */
  value?: string;
  /** Beside what moves the axis: nothing is recovered by it. */
  beside?: true;
}

const update = "update" as const;
const record = { type: "cloudflare:index/dnsRecord:DnsRecord", name: "client", op: update };
const settings: Touch = {
  type: "azure-native:appconfiguration:KeyValue",
  name: settingsKey,
  op: update,
  inputs: ["value"],
};

/** What each axis moves, and all that it moves. Names and types are those of infra/, which never follow a topology. */
const touches: Record<keyof Axes, readonly Touch[]> = {
  edge: [{ ...record, inputs: ["proxied", "ttl"] }],
  origin: [{ ...record, inputs: ["content"] }],
  bypass: [{ type: "azure-native:network:SecurityRule", name: "bypass", op: update, inputs: ["access"] }],
  api: [settings],
  database: [
    { ...settings, value: "restored" },
    {
      type: "command:local:Command",
      name: "promotion",
      op: update,
      inputs: ["environment"],
      value: "secondary",
    },
    {
      type: "azure-native:sql:Database",
      name: new RegExp(`^${databaseName}-\\d{8}T\\d{6}Z$`),
      op: "create",
      inputs: [],
      beside: true,
    },
  ],
  storage: [
    settings,
    {
      type: "command:local:Command",
      name: "storage-check",
      op: update,
      inputs: ["environment"],
      beside: true,
    },
  ],
  workers: [
    {
      type: "azure-native:compute:VirtualMachineScaleSet",
      name: "workers-secondary",
      op: update,
      inputs: ["sku"],
    },
  ],
};

/** The same for components and the stack itself: they are nothing in a cloud. */
const nobodysResource = /^(failover-stacks:|pulumi:pulumi:)/;

/** A switch that touches what none of its axes moves, or that moves nothing for one of them. */
export const detectOutsideAxes: Detect = (steps, { moves }) => {
  if (moves === null) return [];
  const axes = Object.keys(moves) as (keyof Axes)[];
  const changing = steps.filter(({ op, type }) => op !== "same" && !nobodysResource.test(type));
  const allowed = axes.flatMap((axis) => touches[axis] ?? []);
  return [
    ...changing.flatMap((step) => strayOf(step, allowed, axes)),
    ...axes
      .filter((axis) => !changing.some((step) => isMovedBy(step, axis, moves)))
      .map((axis) => idle(axis, moves)),
  ];
};

function strayOf(step: Step, allowed: readonly Touch[], axes: readonly string[]): Finding[] {
  const what = strayIn(step, allowed);
  if (what === null) return [];
  return [
    {
      severity: "blocks",
      detector: "axes",
      resource: nameOf(step),
      what: `the switch would also ${what}`,
      why: `the topology moves ${axes.join(", ") || "nothing"}; a recovery does nothing else`,
      next: "make it the same in every topology, or an axis of its own (infra/topologies.ts, engine/guard-axes.ts)",
    },
  ];
}

/** What of a step no axis moves; null where they move all of it. No axis ends anything. */
function strayIn(step: Step, allowed: readonly Touch[]): string | null {
  const own = allowed.filter((touch) => isOf(step, touch));
  if (isEnding(step)) return `${step.op === "update" ? "replace" : step.op} ${nameOf(step)}`;
  if (own.length === 0) return `${step.op} ${nameOf(step)}`;
  if (step.op === "create") return null;
  if (step.paths.length === 0) return `update ${nameOf(step)}, of which the engine does not say what differs`;
  const inputs = own.flatMap((touch) => touch.inputs);
  const stray = step.paths.filter((path) => !inputs.includes(rootOf(path)));
  return stray.length === 0 ? null : `update ${stray.join(", ")} of ${nameOf(step)}`;
}

type Moves = Parameters<Detect>[1]["moves"];

function idle(axis: keyof Axes, moves: Moves): Finding {
  const { from, to } = moves?.[axis] ?? { from: "?", to: "?" };
  return {
    severity: "blocks",
    detector: "axes",
    resource: null,
    what: `the switch would move nothing for ${axis}, from ${from} to ${to}`,
    why: "whoever switches would see it succeed, and nothing would be recovered",
    next: `have the program act on ${axis}, or say in engine/guard-axes.ts what it moves`,
  };
}

function isMovedBy(step: Step, axis: keyof Axes, moves: Moves): boolean {
  const { from, to } = moves?.[axis] ?? {};
  return (touches[axis] ?? []).some(
    ({ value, beside, ...touch }) =>
      !beside &&
      (value === undefined || value === from || value === to) &&
      isOf(step, touch) &&
      (step.op === "create" || step.paths.some((path) => touch.inputs.includes(rootOf(path)))),
  );
}

function isOf({ type, urn, op }: Step, touch: Touch): boolean {
  const name = logicalNameOf({ urn });
  const named = typeof touch.name === "string" ? touch.name === name : touch.name.test(name);
  return named && op === touch.op && plainType(type) === touch.type;
}
