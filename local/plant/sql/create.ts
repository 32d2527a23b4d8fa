import type { Cluster } from "./cluster.ts";

/** Fills an empty cluster with an empty database. @param template data folder to copy */
export async function create(cluster: Cluster, template: string): Promise<void> {
  await cluster.copy(template, cluster.base, "links");
  await cluster.copy(template, cluster.data);
  await cluster.start({ kind: "primary" });
  await takeName(cluster);
  cluster.restorableSince = new Date();
}

/**
 * Calls the one database of a cluster as the cluster is called: a new one is initdb's, a restored one has its source's.
 */
export async function takeName(cluster: Cluster): Promise<void> {
  const [row] = await cluster.ask("select datname as name from pg_database where not datistemplate");
  const name = String(row?.["name"]);
  if (name === cluster.database) return;
  await cluster.ask(`alter database ${identifier(name)} rename to ${identifier(cluster.database)}`);
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
