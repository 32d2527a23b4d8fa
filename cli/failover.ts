import { join } from "node:path";
import { FailoverError } from "../infra/errors.ts";
import { adopt } from "../recovery/adopt.ts";
import { syncEndpoints } from "../recovery/sync.ts";
import { border, type Invocation } from "./border.ts";
import { ledgerOptions, ledgerVerb } from "./ledger.ts";
import { promisesOptions, promisesVerb } from "./promises.ts";
import { scheduleOptions, scheduleVerb } from "./schedule.ts";

const project = join(import.meta.dirname, "..");
const anyVerb = "npm run failover -- <verb>";

interface Verb {
  what: string;
  run: (invocation: Invocation) => Promise<number>;
  /** Of a verb that takes any. */
  options?: string;
}

/** What each verb does: to the plant that this shell's environment names, or with this folder's files alone. */
const verbs = new Map<string, Verb>(
  Object.entries({
    adopt: { what: "make the newest restored database the one that normal means", run: adoptNewest },
    ledger: { what: "what the drills of the past prove", run: ledgerVerb, options: ledgerOptions },
    promises: { what: "which promises can hold at all", run: promisesVerb, options: promisesOptions },
    schedule: { what: "whether a scheduled drill may run now", run: scheduleVerb, options: scheduleOptions },
    sync: { what: "write the primary stack's addresses and identities into Pulumi.failover.yaml", run: sync },
  }),
);

async function failoverVerb({ args, signal }: Invocation): Promise<number> {
  const [name = "", ...rest] = args;
  const verb = verbs.get(name);
  if (!verb) {
    throw new FailoverError("UNKNOWN_OPTION", {
      problems: [name ? `There is no verb "${name}".` : "A verb is missing.", ...verbLines()],
      fix: anyVerb,
    });
  }
  if (rest.length > 0 && !verb.options) {
    throw new FailoverError("UNKNOWN_OPTION", {
      problems: `${name} takes no "${rest[0]}".`,
      fix: `npm run failover -- ${name}`,
    });
  }
  return verb.run({ args: rest, signal });
}

/** Of the verb that was named: another one's options are none of its own. */
function usageOf([name = ""]: readonly string[]): string {
  const verb = verbs.get(name);
  if (!verb) return anyVerb;
  return `npm run failover -- ${name}${verb.options ? ` ${verb.options}` : ""}`;
}

function verbLines(): string[] {
  return [...verbs].map(([name, { what, options }]) => `${options ? `${name} ${options}` : name}: ${what}`);
}

async function sync(): Promise<number> {
  const changes = await syncEndpoints(ownShell());
  for (const { path, from, to } of changes) console.log(`${path}: ${from ?? "not set"} → ${to}`);
  console.log(
    changes.length === 0
      ? "Pulumi.failover.yaml is true: it already names what stack primary has."
      : "Pulumi.failover.yaml is changed. Next: git diff, commit, pulumi up -s failover",
  );
  return 0;
}

async function adoptNewest(): Promise<number> {
  const database = await adopt(ownShell());
  console.log(
    `liveDatabase is ${database}: normal means it from now on, and hosts that use it stay with it.`,
  );
  console.log(
    "Pulumi.failover.yaml is changed. Next: git diff, commit, pulumi config set topology normal -s failover && pulumi up -s failover",
  );
  return 0;
}

/** The `pulumi` on PATH, on the repository's own files, with the engineer's own environment. */
function ownShell() {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { folder: project, pulumi: "pulumi", env };
}

await border(usageOf(process.argv.slice(2)), failoverVerb, verbLines());
