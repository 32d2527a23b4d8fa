import { cp, readFile, symlink, writeFile } from "node:fs/promises";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";

export interface Servers {
  loadBalancers: { main: string; backup: string };
  apiServers: { main: string; backup: string };
}

/**
 * Copies the Pulumi project into a folder that may be thrown away, with its stack file moved to the plant's
 * servers and back at `normal`. The repository's own files stay as they are, whatever a drill does.
 */
export async function copyProject(from: string, to: string, servers: Servers): Promise<void> {
  await mkdir(to);
  for (const name of ["Pulumi.yaml", "Pulumi.primary.yaml", "package.json", "infra"]) {
    await cp(join(from, name), join(to, name), { recursive: true });
  }
  await symlink(join(from, "node_modules"), join(to, "node_modules"));
  const document = parseDocument(await readFile(join(from, "Pulumi.failover.yaml"), "utf8"));
  document.setIn(["config", "failover-stacks:topology"], "normal");
  for (const [group, pair] of Object.entries(servers)) {
    for (const [server, address] of Object.entries(pair as Record<string, string>)) {
      document.setIn(["config", "failover-stacks:endpoints", group, server, "address"], address);
    }
  }
  await writeFile(join(to, "Pulumi.failover.yaml"), document.toString());
}
