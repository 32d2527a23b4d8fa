import { rm } from "node:fs/promises";
import { poll } from "../readiness.ts";
import { anyDatabase, backupArguments, superuser } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import type { SqlContext } from "./context.ts";

type Context = Pick<SqlContext, "link" | "signal">;
type Link = SqlContext["link"];

const streamingMs = 15_000;

/** Fills an empty cluster with a copy of another one, taken through the link, and makes it follow that one. */
export async function clone(cluster: Cluster, source: Cluster, context: Context): Promise<void> {
  const { link } = context;
  const args = ["-d", addressOf(link), "-D", cluster.base, ...backupArguments];
  await cluster.run("pgBasebackup", args, environmentOf(source, link));
  cluster.restorableSince = new Date();
  await cluster.copy(cluster.base, cluster.data);
  await follow(cluster, source, context);
}

/**
 * Makes a former primary the replica of the one that took its place; what only it has is gone then.
 * @returns how: by pg_rewind, or by a new copy where pg_rewind finds too little of the log
 */
export async function rejoin(cluster: Cluster, source: Cluster, context: Context): Promise<string> {
  const { link } = context;
  await cluster.kill();
  cluster.refusesWrites = false;
  // pg_rewind reads the new timeline in the control file, and a checkpoint brings it there.
  await source.ask("checkpoint");
  try {
    const address = `${addressOf(link)} dbname=${anyDatabase}`;
    const args = ["-D", cluster.data, "--source-server", address, "--config-file", cluster.settings];
    await cluster.run("pgRewind", [...args, "-c", "--no-sync"], environmentOf(source, link));
    await cluster.forgetBackups();
    await follow(cluster, source, context);
    cluster.backUp();
    return "by pg_rewind";
  } catch (error) {
    await cluster.kill();
    await cluster.forgetBackups();
    await rm(cluster.data, { recursive: true, force: true });
    await clone(cluster, source, context);
    return `by a new base backup (pg_rewind: ${error instanceof Error ? error.message : String(error)})`;
  }
}

async function follow(cluster: Cluster, source: Cluster, { link, signal }: Context): Promise<void> {
  const password = `password=${link.password}`;
  const of = `${addressOf(link)} ${password} application_name=${source.name} connect_timeout=2`;
  await cluster.start({ kind: "replica", of });
  await poll({
    deadlineMs: streamingMs,
    signal,
    until: async () => {
      const [row] = await cluster.ask("select status from pg_stat_wal_receiver");
      return row?.["status"] === "streaming" || `receiver: ${String(row?.["status"])}`;
    },
  });
  // Not before: who was fenced and does not get that far stays so, and is tried again.
  cluster.role = "replica";
}

function addressOf({ address, port }: Link): string {
  return `host=${address} port=${port} user=${superuser} sslmode=disable gssencmode=disable`;
}

// Not in the arguments, which every user of the machine can list.
function environmentOf({ name }: Cluster, { password }: Link): Record<string, string> {
  return { PGPASSWORD: password, PGAPPNAME: name };
}
