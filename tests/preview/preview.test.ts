import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import type { Plan } from "../../engine/preview-plan.ts";
import type { TopologyFigures } from "../../evidence/preview/figures.ts";
import { commentLimit, marker } from "../../evidence/preview/markdown.ts";
import { throwAwayRepository } from "./repository.ts";
import { temporaryFolder } from "../temporary-folder.ts";

interface FoundVersion extends Omit<TopologyFigures, "name"> {
  counts: Plan["counts"];
  changes: Plan["changes"];
}

interface Found {
  seconds: number;
  merging: { changes: unknown[] }[];
  topologies: { name: string; state: string; base: FoundVersion; head: FoundVersion }[];
  findings: { what: string }[];
}

/** What the base's switches did, for the tests that play none: with UPDATE_GOLDEN=1, as after a new topology. */
function record({ topologies }: Found): void {
  const versions = topologies.map(
    ({ name, base: { recovers, because, axes, nextSwitchSeconds, counts, changes } }) => ({
      figures: { name, recovers, because, axes, nextSwitchSeconds },
      plan: { changes, counts },
    }),
  );
  const file = join(import.meta.dirname, "recorded", "topologies.json");
  writeFileSync(file, `${JSON.stringify(versions, undefined, 2)}\n`);
}

test.serial(
  "a changed topology is previewed on what the base deployed, and no other is said to change",
  async (t) => {
    t.timeout(600_000, "two versions of every switch");
    const repository = throwAwayRepository();
    repository.edit("infra/topologies.ts", (text) =>
      text.replace(/("api-behind-edge": \{[^}]*origin: )"api-main"/, '$1"api-backup"'),
    );
    const files = temporaryFolder();
    const [json, comment] = [join(files, "preview.json"), join(files, "comment.md")];
    const { exitCode, output } = await repository.preview("--json", json, "--comment", comment);
    t.is(exitCode, 0, output);
    const found = JSON.parse(readFileSync(json, "utf8")) as Found;
    t.log(`${found.seconds.toFixed(1)} s`);
    if (process.env["UPDATE_GOLDEN"]) record(found);
    t.deepEqual(found.findings, []);
    t.true(found.merging.length === 2 && found.merging.every(({ changes }) => changes.length === 0));
    const changed = found.topologies.filter(({ state }) => state !== "unchanged");
    t.deepEqual(
      changed.map(({ name, state }) => [name, state]),
      [["api-behind-edge", "changed"]],
    );
    const [change] = changed[0]?.head.changes ?? [];
    t.is(change?.resource, "DnsRecord client");
    t.regex(change?.inputs[0]?.to ?? "", /^127\.\d+\.1\.22$/);

    const text = readFileSync(comment, "utf8");
    const verdict = `**Merging changes nothing; 1 of ${found.topologies.length} topologies changes`;
    t.true(text.startsWith(`${marker}\n\n${verdict}`), text);
    t.true(text.length <= commentLimit);
    t.regex(text, /apiBackup\["API backup"\]/);
    const [report = ""] = readdirSync(join(repository.folder, "reports"));
    t.deepEqual(readdirSync(join(repository.folder, "reports", report)).toSorted(), [
      "comment.md",
      "preview.json",
      "preview.md",
    ]);
    t.is(repository.git("status", "--porcelain"), " M infra/topologies.ts\n");
  },
);

test.serial(
  "a program that throws is one message, and a comment that says that nothing is known",
  async (t) => {
    t.timeout(300_000, "the base deployed");
    const repository = throwAwayRepository();
    repository.edit("infra/primary.ts", (text) =>
      text
        .replace(
          /export function primaryStack\([^{]*\{/,
          '$&\n  if (prefixed(settings)) throw new Error("boom");',
        )
        .concat("\nconst prefixed = (settings: PrimarySettings) => settings.prefix !== '';\n"),
    );
    const comment = join(temporaryFolder(), "comment.md");
    const { exitCode, output } = await repository.preview("--comment", comment);
    t.is(exitCode, 2, output);
    t.regex(
      output,
      /^PROGRAM_FAILED\n {2}the program does not run: Error: boom \(infra\/primary\.ts:\d+\)\n {2}In: head\n {2}Next: /m,
    );
    t.notRegex(output, /\n {4}at /);
    t.regex(readFileSync(comment, "utf8"), /^\*\*Not previewed: PROGRAM\\_FAILED\.\*\*/m);
  },
);

test.serial("what is known without a plant is answered without one", async (t) => {
  t.timeout(120_000, "a few previews that start nothing");
  const repository = throwAwayRepository();
  const refusals: [args: string[], message: RegExp][] = [
    [
      ["--base", "nowhere"],
      /^BASE_UNUSABLE\n {2}git knows no commit "nowhere" here\.\n {2}In: --base\n {2}Next: git fetch/m,
    ],
    [["--bases", "main"], /^UNKNOWN_OPTION\n.*--bases/m],
  ];
  repository.git("switch", "--quiet", "--orphan", "empty");
  repository.git("commit", "--quiet", "--allow-empty", "--message", "nothing");
  repository.git("switch", "--quiet", "change");
  refusals.push([
    ["--base", "empty"],
    /^BASE_UNUSABLE\n {2}the base holds no project of ours: Pulumi\.yaml, .* are missing\./m,
  ]);

  const topologies = "infra/topologies.ts";
  repository.git("switch", "--quiet", "--create", "broken");
  repository.edit(topologies, (text) => text.replace("export const normal: Axes = {", "$&{"));
  repository.git("commit", "--quiet", "--all", "--message", "does not compile");
  repository.git("switch", "--quiet", "change");
  refusals.push([
    ["--base", "broken"],
    /^PROGRAM_FAILED\n {2}the program does not run: SyntaxError.*\n {2}In: base \w{7} \(broken\)/m,
  ]);

  repository.git("switch", "--quiet", "--create", "live");
  repository.edit("Pulumi.failover.yaml", (text) => text.replace("topology: normal", "topology: lb-backup"));
  repository.git("commit", "--quiet", "--all", "--message", "lb-backup is live");
  repository.git("switch", "--quiet", "change");
  repository.edit(topologies, (text) => text.replace(/\n {2}"lb-backup": \{[^}]*\},/, ""));
  refusals.push([
    ["--base", "live"],
    /^UNKNOWN_TOPOLOGY\n {2}topology "lb-backup" is live, and infra\/topologies\.ts of the head does not have it\./m,
  ]);

  for (const [args, message] of refusals) {
    const { exitCode, output } = await repository.preview(...args);
    t.is(exitCode, 2, output);
    t.regex(output, message);
    t.notRegex(output, /is up \(|\n {4}at /);
  }
});

test.serial("a change of docs alone is answered within 5 s", async (t) => {
  t.timeout(60_000, "a preview that starts nothing");
  const repository = throwAwayRepository();
  repository.edit("README.md", (text) => `${text}\nMore.\n`);
  const startedAt = performance.now();
  const { exitCode, output } = await repository.preview();
  t.is(exitCode, 0, output);
  t.true(performance.now() - startedAt < 5000, `${performance.now() - startedAt} ms`);
  t.regex(
    output,
    /No change to disaster recovery: no deployment, switch or drill reads what differs \(1 file\)/,
  );
  t.notRegex(output, /is up \(/);
});
