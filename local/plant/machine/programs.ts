import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SocketAddress } from "../addresses.ts";
import { connectOnce } from "../connect-once.ts";
import { readStat } from "../processes.ts";
import type { Condition } from "../readiness.ts";
import type { PlantTools, Tool } from "../tools.ts";
import type { PackageName } from "./packages.ts";

/** A program that a unit may start. */
export interface MachineProgram {
  /** Without it the program is not on the machine. */
  package: PackageName;
  /** What runs in its place here; undefined: nothing does, and the unit is only recorded. */
  local?: {
    tool: (tools: PlantTools) => Tool;
    args: (args: string[]) => string[];
    /** `output` is what the program has written so far. */
    ready: (args: string[], output: () => string) => Condition;
  };
}

/** For every Node program of a machine; PLANT_RESOLVER in its environment says where the plant's names are looked up. */
export const networkShim = ["--import", fileURLToPath(new URL("network-shim.mjs", import.meta.url))];

/** By path on the machine. */
export const programs: Readonly<Record<string, MachineProgram>> = {
  "/usr/bin/node": {
    package: "nodejs",
    local: {
      tool: ({ node }) => ({ path: node, env: {} }),
      // A young generation of 2 MiB instead of 16: a plant has many of these on one computer.
      args: (args) => ["--max-semi-space-size=2", ...networkShim, ...args],
      ready: (_, output) => () => /^\{"ready":true/m.test(output()) || "it has not said that it is ready",
    },
  },
  "/usr/sbin/haproxy": {
    package: "haproxy",
    local: {
      tool: ({ haproxy }) => haproxy,
      // The same master process, without the messages to a systemd that is not there.
      args: (args) => args.map((arg) => (arg === "-Ws" ? "-W" : arg)),
      ready: (args) => () => (isMaster(args) ? allAccept(bindsOf(args)) : "no master process"),
    },
  },
  "/usr/sbin/nagios4": { package: "nagios4" },
};

/** The TCP sockets of all configuration files of a HAProxy command. */
function bindsOf(args: string[]): SocketAddress[] {
  const files = args.filter((_, index) => args[index - 1] === "-f");
  const binds = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/^\s*bind\s+([\d.]+):(\d+)\b/gm),
  ]);
  return binds.map(([, address = "", port]) => ({ address, port: Number(port) }));
}

/** A configuration may have no socket of its own to wait for, as the package's. */
function isMaster(args: string[]): boolean {
  const pidFile = args[args.indexOf("-p") + 1] ?? "";
  return readStat(Number.parseInt(readFileSync(pidFile, "utf8"), 10)) !== undefined;
}

async function allAccept(sockets: SocketAddress[]): Promise<true | string> {
  await Promise.all(sockets.map((socket) => connectOnce(socket)));
  return true;
}
