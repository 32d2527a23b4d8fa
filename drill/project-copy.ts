import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";

type Values = Readonly<Record<string, unknown>>;

const zeroUuid = "00000000-0000-0000-0000-000000000000";

/** Keys that say where a plant is; everything else is the same for a local plant and a real one. */
function localKeys(block: number): Record<"primary" | "failover", Values> {
  const at = (rest: string): string => `127.${block}.${rest}`;
  const shared = {
    plant: "local",
    subscription: zeroUuid,
    tenant: zeroUuid,
    deployer: "00000000-0000-0000-0000-000000000001",
    "zone.id": "0".repeat(32),
    // A port below 1024 would need root.
    clientPort: "8443",
    settingsEndpoint: `https://${at("0.12")}:8445`,
    "network.servers": at("1.0/24"),
  };
  return {
    primary: {
      ...shared,
      sshPort: "2222",
      "network.workers": at("2.0/24"),
      edgeRanges: [at("0.80/31")],
      adminRanges: ["127.0.0.1/32"],
    },
    failover: {
      ...shared,
      topology: "normal",
      "network.workers": at("3.0/24"),
      "network.monitor": at("4.0/24"),
      "endpoints.loadBalancers.main.address": at("1.11"),
      "endpoints.loadBalancers.backup.address": at("1.12"),
      "endpoints.apiServers.main.address": at("1.21"),
      "endpoints.apiServers.backup.address": at("1.22"),
      "endpoints.workers.address": at("9.1"),
    },
  };
}

/** What a recovery of a real plant left in its stack file is no start for a drill. */
const leftBehind = ["restores", "liveDatabase", "acceptedLoss", "databaseAdministrator"];

/** Texts of both stack files as a local plant in that block needs them, at `normal`. */
export async function localStackFiles(project: string, block: number): Promise<Record<string, string>> {
  const files = await Promise.all(
    Object.entries(localKeys(block)).map(async ([stack, values]) => {
      const name = `Pulumi.${stack}.yaml`;
      const document = parseDocument(await readFile(join(project, name), "utf8"));
      for (const [path, value] of Object.entries(values)) document.setIn(keyOf(path), value);
      for (const key of leftBehind) document.deleteIn(keyOf(key));
      return [name, textOf(document)] as const;
    }),
  );
  return Object.fromEntries(files);
}

/**
 * Copies the Pulumi project into a folder that may be thrown away, with its stack files moved to a local plant in
 * that block. The repository's own files stay as they are, whatever a drill does.
 */
export async function copyProject(from: string, to: string, block: number): Promise<void> {
  await mkdir(to);
  for (const name of ["Pulumi.yaml", "package.json", "infra"]) {
    await cp(join(from, name), join(to, name), { recursive: true });
  }
  await symlink(join(from, "node_modules"), join(to, "node_modules"));
  for (const [name, text] of Object.entries(await localStackFiles(from, block))) {
    await writeFile(join(to, name), text);
  }
}

function keyOf(path: string): string[] {
  const [first = "", ...rest] = path.split(".");
  return ["config", `failover-stacks:${first}`, ...rest];
}

/** Lines as `pulumi config set` writes them: never folded. */
function textOf(document: Document): string {
  return document.toString({ lineWidth: 0 });
}
