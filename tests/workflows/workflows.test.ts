import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { execa } from "execa";
import { parseSchedule, skipReason } from "../../drill/schedule.ts";
import {
  azureJobs,
  azurePipelines,
  azureRunOf,
  azureRuns,
  jobOf,
  root,
  runs,
  workflow,
  workflows,
} from "./workflow-files.ts";

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const all = [...runs, ...azureRuns];
const steps = workflows.flatMap(({ file, jobs }) =>
  Object.entries(jobs).flatMap(([job, { steps: own }]) => own.map((step) => ({ file, job, ...step }))),
);

test("the walk sees the workflows that it guards", (t) => {
  t.deepEqual(
    workflows.map(({ file }) => file),
    ["ci.yml", "drill.yml", "live-preview.yml", "preview-comment.yml", "preview.yml"],
  );
  t.true(runs.length > 12);
  t.true(azureRuns.length > 12);
});

test("every action is pinned to a commit, with its version beside it", (t) => {
  const lines = workflows.flatMap(({ text }) => text.split("\n").filter((line) => line.includes("uses:")));
  t.true(lines.length > 15);
  for (const line of lines) t.regex(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test("an action has one commit wherever it is used", (t) => {
  const commits = Map.groupBy(
    steps.flatMap(({ uses }) => uses ?? []),
    (uses) => uses.split("@")[0],
  );
  for (const [action, used] of commits) t.is(new Set(used).size, 1, action);
});

test("workflows may read, and write only in the jobs that are known to", (t) => {
  for (const { file, permissions } of workflows) t.is(permissions, "read-all", file);
  const writing = workflows.flatMap(({ file, jobs }) =>
    Object.entries(jobs).flatMap(([job, { permissions }]) =>
      Object.entries(permissions ?? { everything: "inherited" })
        .filter(([, access]) => access !== "read")
        .map(([scope, access]) => `${file}, ${job}: ${scope} ${access}`),
    ),
  );
  t.deepEqual(writing, [
    "drill.yml, record: contents write",
    "live-preview.yml, live-preview: id-token write",
    "preview-comment.yml, comment: pull-requests write",
  ]);
});

test("a pull request's code runs without secrets and without the right to write", (t) => {
  for (const { file, text } of workflows) t.notRegex(text, /pull_request_target/, file);
  const triggered = workflows.filter(({ on }) => "pull_request" in on);
  t.deepEqual(
    triggered.map(({ file }) => file),
    ["ci.yml", "preview.yml"],
  );
  for (const { text, file } of triggered) t.notRegex(text, /secrets\.|: write/, file);
});

test("what the comment's workflow checks out is the default branch", (t) => {
  const checkouts = Object.values(workflow("preview-comment.yml").jobs).flatMap((job) =>
    job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")),
  );
  t.is(checkouts.length, 1);
  for (const { with: options } of checkouts) t.false("ref" in (options ?? {}));
});

test("no checkout leaves a token behind but the one that pushes the ledger", (t) => {
  const keeping = steps.filter(
    ({ uses, with: options }) =>
      uses?.startsWith("actions/checkout@") && options?.["persist-credentials"] !== false,
  );
  t.deepEqual(
    keeping.map(({ file, job }) => [file, job]),
    [["drill.yml", "record"]],
  );
});

test("nothing that others can write is put into a shell text", (t) => {
  for (const { where, text } of runs) t.false(text.includes("${{"), where);
  // Of Azure's macros only those that expand before the shell starts are dangerous; none is used in a text.
  for (const { where, text } of azureRuns) t.notRegex(text, /\$\{\{|\$\([A-Z][\w.]*\)/, where);
});

test("shell texts fail when a part of a pipe does", (t) => {
  for (const { file, defaults } of workflows) t.is(defaults?.run?.shell, "bash", file);
});

test("every shell text is one", async (t) => {
  for (const { where, text } of all) {
    const { exitCode, stderr } = await execa("bash", ["-n"], { input: text, reject: false });
    t.is(exitCode, 0, `${where}: ${stderr}`);
  }
});

test("every npm script that a pipeline runs exists", (t) => {
  const named = all.flatMap(({ where, text }) =>
    [...text.matchAll(/\bnpm (?:run (?:--\w+ )*)?([a-z][\w:-]*)/g)].map(([, script = ""]) => ({
      where,
      script,
    })),
  );
  t.true(named.length > 15);
  for (const { where, script } of named)
    t.true(script === "ci" || script in scripts, `${where}: npm run ${script}`);
});

test("every verb of `npm run failover` that a pipeline runs exists", async (t) => {
  const { stderr } = await execa(process.execPath, [join(root, "cli", "failover.ts")], { reject: false });
  const verbs = all.flatMap(({ text }) =>
    [...text.matchAll(/\bfailover -- (\w+)/g)].map(([, verb = ""]) => verb),
  );
  t.deepEqual([...new Set(verbs)].toSorted(), ["ledger", "promises", "schedule"]);
  for (const verb of verbs) t.true(stderr.includes(`\n  ${verb} [`), verb);
});

test("every file of the repository that a pipeline names exists", (t) => {
  const named = [...workflows.map(({ text }) => text), read(azurePipelines)].flatMap(
    (text) => text.match(/(?:\.github|docs|local|drill|cli)\/[\w./-]+\.\w+/g) ?? [],
  );
  t.true(named.includes(".github/scripts/record-ledger.sh"));
  t.true(named.includes(".github/zizmor.txt"));
  for (const path of named) t.true(existsSync(join(root, path)), path);
});

test("a drill that runs is never cancelled, and those that wait are not either", (t) => {
  t.like(workflow("drill.yml").concurrency, { "cancel-in-progress": false, queue: "max" });
  t.regex(read(azurePipelines), /^lockBehavior: sequential$/m);
});

test("a drill that takes too long is stopped in time for its line, and that is written and kept however it ended", (t) => {
  const job = jobOf("drill.yml", "drill");
  const begin = job.steps.findIndex(({ name }) => name === "Drill");
  const drill = job.steps[begin];
  const asked = Number(/ (\d+)m npm run drill /.exec(drill?.run ?? "")?.[1]);
  t.true(asked + 5 < (drill?.["timeout-minutes"] ?? 0));
  t.true((drill?.["timeout-minutes"] ?? 0) + 5 < (job["timeout-minutes"] ?? 0));
  t.deepEqual(
    job.steps.slice(begin + 1).map((step) => [step.name ?? step.with?.["name"], step.if]),
    ["A drill that left no line", "ledger-rows", "reports", "Summary"].map((name) => [name, "always()"]),
  );
  t.regex(jobOf("drill.yml", "record").if ?? "", /^always\(\) && \(/);
});

test("so it is on Azure", (t) => {
  const { drill: job, record } = azureJobs("drill");
  const own = job?.steps ?? [];
  const begin = own.findIndex(({ displayName }) => displayName === "Drill");
  const asked = Number(/ (\d+)m npm run drill /.exec(azureRunOf("Drill"))?.[1]);
  t.true(asked + 5 < (own[begin]?.timeoutInMinutes ?? 0));
  t.true((own[begin]?.timeoutInMinutes ?? 0) + 5 < (job?.timeoutInMinutes ?? 0));
  t.deepEqual(
    own.slice(begin + 1).map((step) => [step.displayName ?? step.publish, step.condition]),
    ["A drill that left no line", "reports"].map((name) => [name, "always()"]),
  );
  t.regex(record?.condition ?? "", /^and\(always\(\), /);
});

test("the ledger is written from the default branch only, which a tag of its name is not", (t) => {
  const onDefault = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)";
  t.is(jobOf("drill.yml", "record").if, `always() && (github.event_name == 'schedule' || ${onDefault})`);
  t.is(jobOf("live-preview.yml", "live-preview").if, onDefault);
  for (const { text, file } of workflows) t.notRegex(text, /github\.ref_name ==/, file);
  // The event of a schedule has no repository in it: wherever a schedule comes by, nothing may be asked of that.
  const asking = workflow("drill.yml")
    .text.split("\n")
    .filter((line) => line.includes("event.repository"));
  t.is(asking.length, 1);
});

test("Azure's ledger is on a branch that builds may push to, and main is none", (t) => {
  t.regex(azureRunOf("Add the rows to the ledger"), /ledger-rows\.jsonl" ledger\n?$/);
});

test("a preview that did not end well has its comment changed, too", (t) => {
  t.is(
    jobOf("preview-comment.yml", "comment").if,
    `github.event.workflow_run.event == 'pull_request' && !contains(fromJSON('["action_required", "skipped"]'), github.event.workflow_run.conclusion)`,
  );
});

test("where Azure's token is, no code of the pull request has run", (t) => {
  const withToken = ["checks", "preview", "drill", "livePreview"].flatMap((stage) =>
    Object.entries(azureJobs(stage)).filter(([, job]) => JSON.stringify(job).includes("System.AccessToken")),
  );
  t.deepEqual(
    withToken.map(([name]) => name),
    ["comment"],
  );
  for (const [, { steps: own }] of withToken) {
    t.is(own[0]?.checkout, "none");
    t.deepEqual(
      own.flatMap(({ bash, displayName }) => (bash === undefined ? [] : [displayName])),
      ["Comment"],
    );
  }
});

test("no pipeline applies anything to a real plant", (t) => {
  for (const { where, text } of all) t.notRegex(text, /\bpulumi (up|destroy|refresh|import|state)\b/, where);
});

test("the job that sees the real plant waits for its environment", (t) => {
  const jobs = workflows.flatMap((each) => Object.values(each.jobs));
  const privileged = jobs.filter((job) => job.permissions?.["id-token"] === "write");
  t.deepEqual(
    privileged.map(({ environment }) => environment),
    ["azure-preview"],
  );
  t.deepEqual(Object.keys(workflow("live-preview.yml").on), ["workflow_dispatch"]);
});

test("pipelines install the Pulumi that is built where there is none", (t) => {
  const [, pinned = ""] = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(read("local/go.mod")) ?? [];
  const installed = steps.flatMap(({ with: options }) => options?.["pulumi-version"] ?? []);
  t.true(installed.length > 3);
  for (const version of installed) t.is(version, pinned);
  t.true(read(azurePipelines).includes(`pulumiVersion: ${pinned}\n`));
});

const crons = (workflow("drill.yml").on["schedule"] as { cron: string }[]).map(({ cron }) => cron);

test("Azure's pipeline has the same schedule", (t) => {
  const azure = [...read(azurePipelines).matchAll(/- cron: "([^"]+)"/g)].map(([, cron]) => cron);
  t.deepEqual(azure, crons);
});

// The first of these weekdays in a winter's and in a summer's month, none of them blocked.
for (const cron of crons) {
  for (const month of ["2027-02", "2027-07"]) {
    test(`${cron} is off the hour and, in ${month}, in a window that lets it start hours late`, (t) => {
      const [minute = "", hour = "", dayOfMonth, monthOfYear, weekday = ""] = cron.split(" ");
      t.deepEqual([dayOfMonth, monthOfYear], ["*", "*"]);
      t.not(Number(minute) % 30, 0);
      const first = new Date(`${month}-01T${hour.padStart(2, "0")}:${minute}:00Z`);
      first.setUTCDate(1 + ((Number(weekday) - first.getUTCDay() + 7) % 7));
      const schedule = { ...parseSchedule(read("drill/schedule.yaml"), "drill/schedule.yaml"), blocked: [] };
      t.is(skipReason(schedule, first), null);
      t.is(skipReason(schedule, new Date(first.getTime() + 2 * 3_600_000)), null);
    });
  }
}
