import * as v from "valibot";
import { composeTopology, didYouMean, isRefusal } from "./compose.ts";
import { databaseName, restoredDatabaseName } from "./names.ts";
import type { Problem } from "./problems.ts";
import { checkRestorePoints, pointCommand } from "./restore-points.ts";
import { address, count, label, listOf, network, object, sharedEntries, uuid } from "./schema.ts";
import type { Axes } from "./topologies.ts";

const server = object({ address });
const pair = object({ main: server, backup: server });
const keyText = "an SSH public key, as ssh-ed25519 AAAA…";
const timeText = "a UTC time, as 2026-11-24T23:15:00Z";
const time = v.pipe(v.string(timeText), v.check(isUtcSecond, timeText));
const lossText = `${timeText}, of the past; or unknown@ and the time now, where the loss cannot be named`;
/** infra/promotion/accepted-loss.ts says what each of the two means; an old one is no mistake, it has stopped counting. */
const loss = v.pipe(
  v.string(lossText),
  v.check((text) => {
    const at = text.replace(/^unknown@/, "");
    return isUtcSecond(at) && Date.parse(at) <= Date.now();
  }, lossText),
);

/** The keys of Pulumi.failover.yaml in this project's namespace. */
export const failoverSchema = v.strictObject({
  ...sharedEntries,
  topology: v.string("the name of a topology"),
  host: label,
  aliases: v.optional(listOf(label, "DNS labels"), []),
  network: object({ servers: network, workers: network, monitor: network }),
  sshPublicKey: v.pipe(v.string(keyText), v.regex(/^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/]+=*( .*)?$/, keyText)),
  workers: object({ atRest: count, scaled: count }),
  restores: v.optional(v.array(object({ at: time }), "a list of restore points"), []),
  liveDatabase: v.optional(v.string("the name of a database")),
  acceptedLoss: v.optional(loss),
  endpoints: object({
    loadBalancers: pair,
    apiServers: pair,
    workers: v.optional(object({ address })),
    principals: object({ loadBalancers: uuid, apiServers: uuid, workers: uuid }),
  }),
});

function isUtcSecond(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text));
}

export type FailoverKeys = v.InferOutput<typeof failoverSchema>;

/** The axes of the topology that is asked for, or why there are none. */
export function axesAskedFor(text: unknown): { axes?: Axes; problems: Problem[] } {
  if (typeof text !== "string") return { problems: [] };
  const composed = composeTopology(text);
  if (!isRefusal(composed)) return { axes: composed, problems: [] };
  const { code, problem, fix } = composed;
  return { problems: [{ code, text: problem, fix, key: "topology" }] };
}

/** What must hold between keys that are each right by themselves. */
export function checkFailover(keys: FailoverKeys, axes: Axes | undefined): Problem[] {
  const { aliases, host, restores, liveDatabase, workers } = keys;
  const problems: Problem[] = checkRestorePoints(restores, Date.now());
  const refuse = (key: string, text: string, fix?: string): void => {
    problems.push({ code: "INVALID_CONFIG", key, text, ...(fix && { fix }) });
  };
  if (aliases.includes(host)) refuse("aliases", "aliases holds the host itself; allowed: other labels.");
  if (workers.scaled < workers.atRest) {
    refuse(
      "workers.scaled",
      `workers.scaled is ${workers.scaled}; allowed: at least workers.atRest, ${workers.atRest}.`,
    );
  }
  const points = restores.map(({ at }) => at);
  if (axes?.database === "restored" && points.length === 0) {
    refuse(
      "restores",
      `the topology needs a restored database, but restores is empty; allowed: ${timeText}.`,
      pointCommand(0),
    );
  }
  if (axes?.database === "secondary" && (liveDatabase ?? databaseName) !== databaseName) {
    refuse(
      "liveDatabase",
      `liveDatabase is ${liveDatabase}, which has no replica in the secondary region: the failover group has ${databaseName} alone.`,
      `pulumi config set topology normal -s failover && pulumi up -s failover    (or database-restored, with a restore point of ${liveDatabase})`,
    );
  }
  const newest = points.at(-1);
  if (axes?.database === "live" && newest !== undefined && liveDatabase === undefined) {
    refuse("topology", ...wouldUndoRestore(keys.topology, restoredDatabaseName(newest)));
  }
  const databases = [databaseName, ...points.map(restoredDatabaseName)];
  if (liveDatabase !== undefined && !databases.includes(liveDatabase)) {
    const guess = didYouMean(liveDatabase, databases);
    refuse("liveDatabase", `liveDatabase is "${liveDatabase}"; allowed: ${databases.join(", ")}.${guess}`);
  }
  return problems;
}

/** Nobody who switches something else expects hosts to be sent back to the database that was given up. */
function wouldUndoRestore(topology: string, restored: string): [text: string, fix: string] {
  const composed = [...topology.split("+").filter((name) => name !== "normal"), "database-restored"].join(
    "+",
  );
  return [
    `${topology} would send hosts back to ${databaseName}, the database before the restore, and nothing says that it may; allowed: a topology with database-restored, or liveDatabase.`,
    [
      `pulumi config set topology ${composed} -s failover (restored data, for now)`,
      `or pulumi config set liveDatabase ${restored} -s failover (restored data, for good)`,
      `or pulumi config set liveDatabase ${databaseName} -s failover (the old data)`,
    ].join(", "),
  ];
}
