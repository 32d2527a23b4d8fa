import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PlantTools, Tool } from "../tools.ts";
import type { Disk } from "./disk.ts";
import type { PackageName } from "./packages.ts";
import { networkShim } from "./programs.ts";

/** Where `systemctl` on the machine reaches the plant, which supervises its units. */
export const systemSocket = "/run/systemd.sock";

interface StandIn {
  path: string;
  /** Without it the machine does not have the program; undefined: the image brings it. */
  package?: PackageName;
  script: (tools: PlantTools, disk: Disk) => string;
}

const client = fileURLToPath(new URL("systemctl-main.ts", import.meta.url));

const standIns: readonly StandIn[] = [
  {
    path: "/usr/bin/node",
    package: "nodejs",
    script: ({ node }) => callOf({ path: node, env: {} }, networkShim),
  },
  { path: "/usr/sbin/haproxy", package: "haproxy", script: ({ haproxy }) => callOf(haproxy) },
  {
    path: "/usr/bin/systemctl",
    script: ({ node }, disk) => callOf({ path: node, env: {} }, [client, disk.locate(systemSocket)]),
  },
  // Everything on the machine belongs to whoever started the plant, so there is nothing to become.
  {
    path: "/usr/bin/sudo",
    script: () => `while :; do
  case "\${1-}" in
    -n|-E|-H) shift ;;
    -u) shift 2 ;;
    --) shift; break ;;
    -*) echo "sudo: a local machine does not know $1" >&2; exit 1 ;;
    *) break ;;
  esac
done
exec "$@"`,
  },
];

/** The programs that a shell on the machine finds before the computer's own. */
export function writeStandIns(disk: Disk, tools: PlantTools): void {
  const present = standIns.filter((standIn) => !standIn.package || disk.has(standIn.package));
  for (const { path, script } of present) {
    writeFileSync(disk.locate(path), `#!/bin/sh\n${script(tools, disk)}\n`, { mode: 0o755 });
  }
}

function callOf({ path, env }: Tool, args: string[] = []): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `);
  return `${assignments.join("")}exec ${[path, ...args].map(quote).join(" ")} "$@"`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
