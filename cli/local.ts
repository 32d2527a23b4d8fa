import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { committedSettings, deployStacks, probeTarget, workspaceOf } from "../drill/set-up.ts";
import { rehearsal } from "../drill/stage.ts";
import { withNext } from "../engine/failures.ts";
import { FailoverError } from "../infra/errors.ts";
import { clientNameOf, type Settings } from "../infra/config.ts";
import { type LocalPlant, openLocalPlant } from "../local/local-plant.ts";
import { monotonicMs } from "../watch/journal.ts";
import { Probe, type ProbeTarget } from "../watch/probe.ts";
import { assertWritable, border, type Invocation } from "./border.ts";

const project = join(import.meta.dirname, "..");

async function localVerb({ args, signal }: Invocation): Promise<number> {
  const { values } = parseArgs({ args, options: { env: { type: "string" } } });
  const settings = await committedSettings(project);
  if (values.env) await assertOurs(values.env);
  const onExit = ({ name }: { name: string }): void => note(`${name} ended although nobody stopped it`);
  const { ttlDivisor, refreshSeconds } = rehearsal;
  const local = await openLocalPlant({
    purpose: "local",
    settings,
    ttlDivisor,
    refreshSeconds,
    report: note,
    onExit,
    signal,
  });
  try {
    // On the repository's own files: this is the one place that does not work on a copy.
    const apiKey = await deployStacks(workspaceOf(local, project), { local, signal, report: note });
    await announce(local, { settings, apiKey, file: values.env });
    await followTraffic(await probeTarget(local, settings, { apiKey, perSecond: 1 }), signal);
    return 0;
  } catch (error) {
    throw withNext(error, "npm run local");
  } finally {
    await local.close();
    if (values.env) await rm(values.env, { force: true });
    note("stopped; nothing is left running");
  }
}

/** The file is removed at the end, so it must be one that a run of ours left behind, or none. */
async function assertOurs(file: string): Promise<void> {
  await assertWritable(file);
  const text = await readFile(file, "utf8").catch(() => "");
  if (text === "" || text.startsWith("export PATH=")) return;
  throw new FailoverError("NOT_WRITABLE", {
    problems: `${file} holds something else than exports of a local plant.`,
    fix: "npm run local -- --env local.env",
  });
}

/** Everything but the exports is a comment, so that the output can be sourced as it is. */
function note(line: string): void {
  console.log(`# ${line}`);
}

async function announce(
  { plant, env, plugins }: LocalPlant,
  { settings, apiKey, file }: { settings: Settings; apiKey: string; file: string | undefined },
): Promise<void> {
  const { unbound } = plant.addresses;
  const where = {
    LOCAL_URL: `https://${clientNameOf(settings)}:${settings.clientPort}/v1/echo`,
    LOCAL_DNS: `${unbound.address}:${unbound.port}`,
    LOCAL_ZONE: settings.zone.name,
    LOCAL_API_KEY: apiKey,
    LOCAL_CONTROL_URL: plant.cloud.controlUrl,
    LOCAL_CONTROL_TOKEN: plant.cloud.controlToken,
  };
  const lines = Object.entries({ ...env, ...where }).map(
    ([name, value]) => `export ${name}=${quote(value)}\n`,
  );
  if (file) await writeFile(file, lines.join(""), { mode: 0o600 });
  // The mode above counts for a new file only, and there are tokens in it.
  if (file) await chmod(file, 0o600);
  process.stdout.write(lines.join(""));
  note(
    `plugins: ${Object.entries(plugins)
      .map(([name, kind]) => `${name} ${kind}`)
      .join(", ")}; DNS TTLs ÷ ${rehearsal.ttlDivisor}`,
  );
  note(`in another terminal: ${file ? `source ${file}` : "paste the export lines"}, then:`);
  note("  pulumi config set topology lb-direct -s failover && pulumi up -s failover --yes");
  note("Ctrl-C stops all of it");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Calls the plant once a second and says so whenever another way serves. Ends with the signal. */
async function followTraffic(target: ProbeTarget, signal: AbortSignal): Promise<void> {
  const probe = new Probe(target, "fresh");
  let shown = "";
  while (!signal.aborted) {
    const { via = [], server, failure } = await probe.sample(monotonicMs(), monotonicMs);
    const path = failure ? `failing: ${failure}` : ["DNS", ...via, server].join(" → ");
    if (path !== shown) note(`${new Date().toLocaleTimeString("en-GB")}  traffic  ${path}`);
    shown = path;
    await delay(1000, undefined, { signal }).catch(() => {
      // Ctrl-C is how it ends.
    });
  }
  probe.close();
}

await border("npm run local -- [--env FILE]", localVerb);
