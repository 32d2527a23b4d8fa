import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { pulumi, setConfig } from "../../engine/pulumi.ts";
import { readStackFile } from "../../engine/stack-file.ts";
import { syncEndpoints } from "../../recovery/sync.ts";
import { type FreshPlant, openFreshPlant, project } from "../engine/fresh-plant.ts";
import { DrillProcess } from "../rehearsal/drill-process.ts";

let fresh: FreshPlant;

test.serial.before(async (t) => {
  t.timeout(600_000, "set-up of the toolchain and a plant");
  fresh = await openFreshPlant((line) => t.log(line));
});

test.serial.after.always(() => fresh?.local.close());

const fileOf = () => join(fresh.workspace.folder, "Pulumi.failover.yaml");

interface Committed {
  loadBalancers: Record<"main" | "backup", { address: string }>;
}

async function committed(): Promise<Committed> {
  const { config } = await readStackFile(fileOf());
  return JSON.parse(config["failover-stacks:endpoints"] ?? "{}") as Committed;
}

/** What the backend has of stack primary after an `up` with these outputs. */
async function deployWith(outputs: unknown): Promise<void> {
  const { workspace } = fresh;
  const file = join(workspace.folder, "primary.json");
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:primary::failover-stacks::${type}::failover-stacks-primary`;
  const deployment = {
    manifest: { time: "2026-11-01T00:00:00Z", magic: "", version: "" },
    resources: [{ urn, type, custom: false, outputs }],
  };
  await writeFile(file, JSON.stringify({ version: 3, deployment }));
  await pulumi(workspace, ["stack", "import", "-s", "primary", "--file", file], {
    stack: "primary",
    deadlineSeconds: 60,
  });
}

test.serial(
  "where stack primary is not deployed there is nothing to sync, and nothing is written",
  async (t) => {
    const before = await readFile(fileOf(), "utf8");
    await t.throwsAsync(syncEndpoints(fresh.workspace), {
      message:
        /^STACK_NOT_DEPLOYED\n.*`endpoints`[^]*Next: pulumi up -s primary && npm run failover -- sync$/,
    });
    t.is(await readFile(fileOf(), "utf8"), before);
  },
);

test.serial("a file that is true stays as it is, byte for byte", async (t) => {
  const before = await readFile(fileOf(), "utf8");
  await deployWith({ endpoints: await committed() });
  t.deepEqual(await syncEndpoints(fresh.workspace), []);
  t.is(await readFile(fileOf(), "utf8"), before);
});

test.serial(
  "what changed is written in its place, as pulumi config set writes it, and only that",
  async (t) => {
    const { loadBalancers, ...rest } = await committed();
    const old = loadBalancers.main.address;
    const before = await readFile(fileOf(), "utf8");
    const moved = { ...loadBalancers, main: { address: "127.99.1.11" } };
    await deployWith({ endpoints: { ...rest, loadBalancers: moved, gateway: { address: "127.99.9.9" } } });
    const changes = await syncEndpoints(fresh.workspace);
    t.deepEqual(changes, [
      { path: "endpoints.gateway.address", from: undefined, to: "127.99.9.9" },
      { path: "endpoints.loadBalancers.main.address", from: old, to: "127.99.1.11" },
    ]);
    const added = "    gateway:\n      address: 127.99.9.9\n";
    const expected = before.replace(
      `main:\n        address: ${old}\n`,
      "main:\n        address: 127.99.1.11\n",
    );
    const lines = (text: string) => text.split("\n").toSorted();
    t.deepEqual(lines(await readFile(fileOf(), "utf8")), lines(expected + added));
    t.deepEqual(await syncEndpoints(fresh.workspace), []);
  },
);

test.serial("stack files that disagree are refused before anything is asked or written", async (t) => {
  const { workspace } = fresh;
  const before = await readFile(fileOf(), "utf8");
  await setConfig(workspace, "primary", ["clientPort", "443"]);
  await t.throwsAsync(syncEndpoints(workspace), {
    message:
      /^INVALID_CONFIG\n {2}clientPort is "443" in Pulumi\.primary\.yaml and "8443" in Pulumi\.failover/,
  });
  await setConfig(workspace, "primary", ["clientPort", "8443"]);
  t.is(await readFile(fileOf(), "utf8"), before);
});

// The last: it leaves no endpoints.
test.serial("endpoints that are a word are refused with the command that takes them out", async (t) => {
  const { workspace } = fresh;
  await pulumi(workspace, ["config", "rm", "endpoints", "-s", "failover"], {
    stack: "failover",
    deadlineSeconds: 30,
  });
  await setConfig(workspace, "failover", ["endpoints", "todo"]);
  await t.throwsAsync(syncEndpoints(workspace), {
    message: /^INVALID_CONFIG\n {2}endpoints is "todo"; [^]*Next: pulumi config rm endpoints -s failover && /,
  });
});

const misused: Record<string, [args: string[], message: RegExp]> = {
  "no verb": [
    [],
    /^UNKNOWN_OPTION\n {2}A verb is missing\.\n(?: {2}\w+.*: .*\n)+ {2}Next: npm run failover -- <verb>$/m,
  ],
  "an unknown verb": [
    ["sink"],
    /^UNKNOWN_OPTION\n {2}There is no verb "sink"\.\n(?: {2}\w+.*: .*\n)* {2}sync: /m,
  ],
  "more than a verb": [
    ["sync", "now"],
    /^UNKNOWN_OPTION\n {2}sync takes no "now"\.\n {2}Next: npm run failover -- sync$/m,
  ],
};

for (const [what, [args, message]] of Object.entries(misused)) {
  test(`npm run failover with ${what} is refused in one message`, async (t) => {
    const run = new DrillProcess(args, { verb: "failover" });
    t.is(await run.ended(), 2, run.output);
    t.regex(run.output, message);
  });
}

test("npm run failover -- sync without a pulumi on PATH says what is missing, and leaves the file alone", async (t) => {
  const before = await readFile(join(project, "Pulumi.failover.yaml"), "utf8");
  const run = new DrillProcess(["sync"], { verb: "failover", env: { PATH: "/nowhere" } });
  t.is(await run.ended(), 3, run.output);
  t.regex(run.output, /^TOOL_MISSING\n {2}pulumi is not on PATH\./m);
  t.is(await readFile(join(project, "Pulumi.failover.yaml"), "utf8"), before);
});
