import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument, Scalar } from "yaml";
import { copyProject } from "../../drill/project-copy.ts";
import { isRefused, readEventLog } from "../../engine/event-log.ts";
import { guard } from "../../engine/guard.ts";
import type { Finding } from "../../engine/guard-finding.ts";
import { type Plan, planOf } from "../../engine/preview-plan.ts";
import { programFailure, runWithEvents, type Streamed, type StreamOptions } from "../../engine/preview.ts";
import type { Workspace } from "../../engine/pulumi.ts";
import { project as projectName } from "../../infra/config.ts";
import { FailoverError } from "../../infra/errors.ts";
import type { Axes } from "../../infra/topologies.ts";
import { notRunning, type TopologyFigures } from "./figures.ts";

/** One version of the program: a copy of its files, on a local plant. */
export interface Side {
  workspace: Workspace;
  /** How a message names it: `base 4f2c9aa (main)`. */
  where: string;
  signal: AbortSignal;
  /** For topologies that need one, the same in every preview: two that differ in it alone are the same. */
  restorePoint: string;
}

/** A local plant as a preview uses it. */
export interface PreviewPlant {
  /** Its block of addresses, 127.N. */
  block: number;
  /** The run's own folder; gone after `close`. */
  folder: string;
  /** Engine and plugins, as a line. */
  engine: string;
  workspace: (folder: string) => Workspace;
  close: () => Promise<void>;
}

/** What the engine announced, and what the guard makes of it. */
export interface Outcome {
  /** Null where the engine's events were not understood, or the program did not run. */
  plan: Plan | null;
  findings: Finding[];
}

const deadlineSeconds = 300;

export async function openSide(
  plant: PreviewPlant,
  { files, name, ...side }: { files: string; name: string } & Omit<Side, "workspace">,
): Promise<Side> {
  const folder = join(plant.folder, `preview-${name}`);
  await copyProject(files, folder, plant.block);
  const workspace = plant.workspace(folder);
  // The state goes with the plant. Written once at the end, it does not cost more with each resource that changes.
  return { ...side, workspace: { ...workspace, env: { ...workspace.env, PULUMI_SKIP_CHECKPOINTS: "true" } } };
}

/** The same program on a copy of the state as it is now: whatever is done to the first one, this one stays. */
export async function withStateCopied(side: Side): Promise<Side> {
  const { workspace } = side;
  const backend = new URL(workspace.env["PULUMI_BACKEND_URL"] ?? "");
  const copy = `${backend.pathname}-base`;
  await cp(backend.pathname, copy, { recursive: true });
  return {
    ...side,
    workspace: { ...workspace, env: { ...workspace.env, PULUMI_BACKEND_URL: `file://${copy}` } },
  };
}

type Run = Pick<StreamOptions, "act" | "stack" | "configFile">;

/** @throws FailoverError when the program itself does not run, whatever the resources would have come to */
export async function run(side: Side, options: Run, moves: Moves | null): Promise<Outcome> {
  const { workspace, signal } = side;
  const streamed = await runWithEvents(workspace, { ...options, deadlineSeconds, signal });
  const failure = programErrorOf(streamed, side);
  if (failure) throw failure;
  const log = readEventLog(streamed.stream);
  const stack = options.stack === "primary" ? "primary" : "failover";
  const findings = guard(streamed.stream, { stack, moves });
  return { plan: isRefused(log) ? null : planOf(log), findings };
}

function programErrorOf({ stream, failure }: Streamed, { where }: Side): FailoverError | null {
  const log = readEventLog(stream);
  const said = isRefused(log) ? null : programFailure(log);
  if (said === null || failure === null) return null;
  // Its own refusal has a code, and says better what is wrong.
  return failure.code === "ENGINE_FAILED" ? notRunning(said, where) : new OwnRefusal(failure, where);
}

/** A refusal by the program that is previewed: of its configuration, as a rule. */
class OwnRefusal extends FailoverError {
  constructor(refusal: FailoverError, where: string) {
    super(refusal.code, {
      problems: refusal.problems,
      where,
      fix: "correct it, then: npm run preview",
      cause: refusal,
    });
  }
}

/** Axes that a switch moves, from and to. */
type Moves = Record<string, { from: string; to: string }>;

function movesOf(from: Axes, to: Axes): Moves {
  const axes = Object.keys(to) as (keyof Axes)[];
  const moved = axes.filter((axis) => from[axis] !== to[axis]);
  return Object.fromEntries(moved.map((axis) => [axis, { from: from[axis], to: to[axis] }]));
}

/** What a switch to a topology does, on the stack as it is. */
export async function previewTopology(
  side: Side,
  { name, axes }: TopologyFigures,
  normal: Axes,
): Promise<Outcome> {
  const { folder } = side.workspace;
  const file = join(folder, `preview-${name}.yaml`);
  const document = parseDocument(await readFile(join(folder, "Pulumi.failover.yaml"), "utf8"));
  document.setIn(["config", `${projectName}:topology`], name);
  if (axes.database === "restored") {
    // A preview asks no cloud whether it still has backups of that time. Without quotes the engine reads a date.
    const at = new Scalar(side.restorePoint);
    at.type = "QUOTE_DOUBLE";
    document.setIn(["config", `${projectName}:restores`], document.createNode([{ at }]));
  }
  await writeFile(file, document.toString({ lineWidth: 0 }));
  return run(side, { act: "preview", stack: "failover", configFile: file }, movesOf(normal, axes));
}
