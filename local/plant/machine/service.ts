import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { ProcessSpec } from "../supervisor.ts";
import type { PlantTools } from "../tools.ts";
import type { Disk } from "./disk.ts";
import { programs } from "./programs.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";
import { readEnvironmentFile } from "./unit.ts";
import type { Unit } from "./unit.ts";
import { expandWords } from "./unit-words.ts";

export interface ServiceContext {
  /** Of the machine; its processes and logs are named for it. */
  machine: string;
  disk: Disk;
  tools: PlantTools;
  /** Of the plant's run: logs are there. */
  folder: string;
  /** For every unit of the machine. */
  environment: Record<string, string>;
  /** Stronger than what the unit says. */
  overrides: Record<string, string>;
}

/** The process of a unit, and what it is called with. */
export interface Described {
  spec: Omit<ProcessSpec, "onExit">;
  environment: Record<string, string>;
}

/**
 * A unit as a process of this computer, or undefined when nothing here runs its program.
 * @throws ProvisioningFailure naming a program that the machine does not have, or an unreadable file
 */
export function describeService(unit: Unit, context: ServiceContext): Described | undefined {
  const environment = { ...environmentOf(unit, context), ...context.disk.prepareUnit(unit) };
  const [program = "", ...args] = expandWords(unit.start, environment);
  const command = commandOf({ program, args }, context, unit.name);
  if (!command) return undefined;
  const name = processName(context.machine, unit.name);
  const log = path.join(context.folder, `${name}.log`);
  const from = sizeOf(log);
  const output = () => readFileSync(log, "utf8").slice(from);
  const env = { ...context.environment, ...environment, ...context.overrides, ...command.env };
  const ready = { until: command.ready(args, output) };
  return { environment, spec: { name, command, env, ready, cwd: context.disk.place.root } };
}

export function processName(machine: string, unit: string): string {
  return `${machine}.${unit.replace(/\.service$/, "")}`;
}

/** How a program of the machine is called here; undefined: by nothing. */
export function commandOf(
  { program, args }: { program: string; args: string[] },
  { disk, tools }: ServiceContext,
  unit: string,
) {
  const { root } = disk.place;
  const onMachine = program.startsWith(`${root}/`) ? program.slice(root.length) : program;
  const known = programs[onMachine];
  if (!known || !disk.has(known.package)) {
    const missing = known
      ? `package ${known.package} is not installed`
      : "a local machine has no such program";
    throw new ProvisioningFailure(`${unit}: ${onMachine} cannot be started: ${missing}`);
  }
  if (!known.local) return undefined;
  const tool = known.local.tool(tools);
  return { path: tool.path, args: known.local.args(args), env: tool.env, ready: known.local.ready };
}

/** `Environment=`, then `EnvironmentFile=`, which is the stronger one (systemd.exec(5)). */
function environmentOf(unit: Unit, { disk }: ServiceContext): Record<string, string> {
  const files = unit.environmentFiles.map((file) => {
    const optional = file.startsWith("-");
    const at = optional ? file.slice(1) : file;
    const text = readOptional(at.startsWith(disk.place.root) ? at : disk.locate(at));
    if (text === undefined && !optional) throw new ProvisioningFailure(`${unit.name}: ${at} does not exist`);
    return readEnvironmentFile(text ?? "");
  });
  return Object.assign({}, unit.environment, ...files) as Record<string, string>;
}

function readOptional(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Whether that is an error depends on the dash before its name.
    return undefined;
  }
}

function sizeOf(log: string): number {
  return statSync(log, { throwIfNoEntry: false })?.size ?? 0;
}
