import { ProvisioningFailure } from "./provisioning-failure.ts";
import { splitWords } from "./unit-words.ts";

/** A systemd service as a local machine runs it. Command words are not expanded yet. */
export interface Unit {
  name: string;
  start: string[];
  reload: string[][];
  environment: Record<string, string>;
  environmentFiles: string[];
  restart: "always" | "on-failure" | "no";
  restartMs: number;
  /** More than `burst` starts within the interval are one too many; an interval of 0 limits nothing. */
  limit: { intervalMs: number; burst: number };
  /** Below /var/lib and /run. */
  folders: { state: string[]; runtime: string[] };
  /** LoadCredential= by name. */
  credentials: Record<string, string>;
}

type Setting = (unit: Unit, value: string) => void;

const inert: Setting = () => {};

// Who may do what on a machine; here everything belongs to whoever started the plant.
const hardening = `User Group DynamicUser AmbientCapabilities CapabilityBoundingSet NoNewPrivileges
  ProtectSystem ProtectHome PrivateTmp PrivateDevices ProtectClock ProtectHostname ProtectControlGroups
  ProtectKernelLogs ProtectKernelModules ProtectKernelTunables ProtectProc LockPersonality
  RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictAddressFamilies SystemCallArchitectures
  SystemCallFilter UMask LimitNOFILE`.split(/\s+/);

const restarts: Record<string, Unit["restart"]> = { always: "always", "on-failure": "on-failure", no: "no" };

/** Every key a unit may have, by section. All others are refused. */
const settings: Record<string, Record<string, Setting>> = {
  Unit: {
    ...keysOf(["Description", "Documentation", "Wants", "After", "Before", "Requires"], inert),
    StartLimitIntervalSec: (unit, value) => (unit.limit.intervalMs = readDuration(value)),
    StartLimitBurst: (unit, value) => (unit.limit.burst = Number(value)),
  },
  Service: {
    ...keysOf([...hardening, "Type", "KillMode", "SuccessExitStatus", "TimeoutStopSec"], inert),
    ExecStart: (unit, value) => (unit.start = splitWords(value)),
    ExecReload: (unit, value) => (value === "" ? (unit.reload = []) : unit.reload.push(splitWords(value))),
    Environment: (unit, value) => Object.assign(unit.environment, readEnvironment(splitWords(value))),
    EnvironmentFile: (unit, value) => unit.environmentFiles.push(value),
    Restart: (unit, value) => (unit.restart = restarts[value] ?? refuse(`Restart=${value}`)),
    RestartSec: (unit, value) => (unit.restartMs = readDuration(value)),
    StateDirectory: (unit, value) => unit.folders.state.push(...splitWords(value)),
    RuntimeDirectory: (unit, value) => unit.folders.runtime.push(...splitWords(value)),
    LoadCredential: (unit, value) => {
      const [name = "", file = ""] = value.split(":");
      unit.credentials[name] = file;
    },
  },
  Install: keysOf(["WantedBy", "Alias"], inert),
};

/**
 * Reads a unit and its drop-ins, in this order. Defaults are systemd's own (systemd.service(5),
 * systemd-system.conf(5): RestartSec 100 ms, 5 starts in 10 s).
 * @throws ProvisioningFailure naming a section, key or value that a local machine does not know
 */
export function parseUnit(name: string, texts: string[]): Unit {
  const unit: Unit = {
    name,
    start: [],
    reload: [],
    environment: {},
    environmentFiles: [],
    credentials: {},
    restart: "no",
    restartMs: 100,
    limit: { intervalMs: 10_000, burst: 5 },
    folders: { state: [], runtime: [] },
  };
  try {
    texts.forEach((text) => apply(unit, text));
    if (unit.start.length === 0) refuse("no ExecStart");
  } catch (error) {
    if (!(error instanceof ProvisioningFailure)) throw error;
    throw new ProvisioningFailure(`${name}: ${error.message}`, { cause: error });
  }
  return unit;
}

/** `NAME=value`, a line each, as EnvironmentFile= reads it. */
export function readEnvironmentFile(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => line.trim());
  const assignments = lines.filter((line) => line !== "" && !/^[#;]/.test(line));
  return readEnvironment(assignments.flatMap((line) => splitWords(line)));
}

function apply(unit: Unit, text: string): void {
  let section = "";
  for (const line of text
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .map((raw) => raw.trim())) {
    if (line === "" || /^[#;]/.test(line)) continue;
    const header = /^\[(\w+)\]$/.exec(line);
    if (header) section = header[1] ?? "";
    else set(unit, section, line);
  }
}

function set(unit: Unit, section: string, line: string): void {
  const at = line.indexOf("=");
  const key = line.slice(0, at).trim();
  const setting = at > 0 ? settings[section]?.[key] : undefined;
  if (!setting) refuse(`[${section}] ${line.split("=", 1)[0]} is not a setting a local machine knows`);
  setting(unit, line.slice(at + 1).trim());
}

function readEnvironment(words: string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      return at > 0 ? [word.slice(0, at), word.slice(at + 1)] : refuse(`Environment=${word} has no value`);
    }),
  );
}

const unitsMs: Record<string, number> = { "": 1000, s: 1000, ms: 1, min: 60_000 };

function readDuration(value: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(s|ms|min)?$/.exec(value) ?? [];
  return amount === undefined ? refuse(`${value} is no time`) : Number(amount) * (unitsMs[unit] ?? 0);
}

function keysOf(keys: string[], setting: Setting): Record<string, Setting> {
  return Object.fromEntries(keys.map((key) => [key, setting]));
}

function refuse(problem: string): never {
  throw new ProvisioningFailure(problem);
}
