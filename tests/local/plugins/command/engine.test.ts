import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { initStack, outputs, pulumi, up, type Workspace } from "../../../../engine/pulumi.ts";
import { prepareBin } from "../../../../local/plugins/bin.ts";
import { prepareToolchain, type Toolchain } from "../../../../local/toolchain/prepare.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";
import { type SshServer, startSshServer } from "./ssh-fixture.ts";

const project = join(import.meta.dirname, "../../../..");
const stack = { stack: "commands", deadlineSeconds: 120 };
let toolchain: Toolchain;

test.before(async (t) => {
  t.timeout(600_000, "the toolchain");
  toolchain = await prepareToolchain((line) => t.log(line));
});

const runtime = `
name: commands
main: index.mjs
runtime:
  name: nodejs
  options:
    typescript: false
`;
/** A program whose inputs are read from inputs.json, so that a test changes what it wants. */
const program = `
import { readFileSync } from "node:fs";
import { Command as Remote } from "@pulumi/command/remote/command.js";
import { Command as Local } from "@pulumi/command/local/command.js";
const inputs = JSON.parse(readFileSync(new URL("inputs.json", import.meta.url), "utf8"));
const installed = new Remote("install", inputs.remote);
const noted = new Local("note", inputs.local, { dependsOn: installed });
export const { stdout, connection } = installed;
export const note = noted.stdout;
`;

interface Stage {
  workspace: Workspace;
  server: SshServer;
  /** Sets the program's inputs and deploys: what the engine did, and the commands that the server ran. */
  deploy: (inputs: Inputs) => Promise<{ changes: object; ran: string[] }>;
}

interface Inputs {
  remote?: object;
  local?: object;
}

async function stage(t: ExecutionContext): Promise<Stage> {
  const server = await startSshServer(t);
  const folder = temporaryFolder();
  const bin = await prepareBin(folder, toolchain);
  await mkdir(join(folder, "state"));
  const env = {
    PATH: `${bin.folder}:/usr/bin:/bin`,
    HOME: folder,
    PULUMI_HOME: bin.pulumiHome,
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "local",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const workspace = { folder: join(folder, "project"), pulumi: toolchain.pulumi.path, env };
  await mkdir(workspace.folder);
  await cp(join(project, "package.json"), join(workspace.folder, "package.json"));
  await symlink(join(project, "node_modules"), join(workspace.folder, "node_modules"));
  await writeFile(join(workspace.folder, "Pulumi.yaml"), runtime);
  await writeFile(join(workspace.folder, "index.mjs"), program);
  await initStack(workspace, stack.stack);
  const { port, clientKey: privateKey, hostKey } = server;
  const connection = { host: "127.0.0.1", port, user: "deploy", privateKey, hostKey, dialErrorLimit: 0 };
  const deploy = async ({ remote, local }: Inputs) => {
    const inputs = {
      remote: { create: "echo 1", connection, ...remote },
      local: { create: "echo n", ...local },
    };
    await writeFile(join(workspace.folder, "inputs.json"), JSON.stringify(inputs));
    const before = server.requests.length;
    const { changes } = await up(workspace, stack);
    const ran = server.requests.slice(before).filter((line) => line.startsWith("exec "));
    return { changes, ran: ran.map((line) => line.slice(5)) };
  };
  return { workspace, server, deploy };
}

test("the engine takes a command through its life", async (t) => {
  t.timeout(300_000);
  const { workspace, server, deploy } = await stage(t);
  const first = { remote: { delete: "echo gone", triggers: [1] } };
  t.deepEqual(await deploy(first), { changes: { create: 3 }, ran: ["echo 1"] });
  t.deepEqual(await outputs(workspace, stack.stack), { stdout: "1", note: "n", connection: "[secret]" });
  t.deepEqual(await deploy(first), { changes: { same: 3 }, ran: [] }, "an up without a change ran something");
  await pulumi(workspace, ["refresh", "-s", stack.stack, "--yes", "--skip-preview"], stack);

  const other = { remote: { ...first.remote, create: "echo 2" } };
  t.deepEqual(await deploy(other), { changes: { same: 2, update: 1 }, ran: ["echo 2"] });
  const updated = { remote: { ...other.remote, update: "echo u" } };
  t.deepEqual((await deploy(updated)).ran, ["echo u"]);
  const triggered = { remote: { ...updated.remote, triggers: [2] } };
  t.deepEqual((await deploy(triggered)).ran, ["echo 2", "echo gone"], "not created before it was deleted");

  const destroyed = server.requests.length;
  await pulumi(workspace, ["destroy", "-s", stack.stack, "--yes", "--skip-preview"], stack);
  t.true(server.requests.slice(destroyed).includes("exec echo gone"));
});

test("a create that fails is not kept, a failed update keeps the old state, and both are tried again", async (t) => {
  t.timeout(300_000);
  const { workspace, deploy } = await stage(t);
  await t.throwsAsync(deploy({ remote: { create: "echo bad; exit 3" } }), {
    message: /Process exited with status 3: running "echo bad; exit 3":/,
  });
  t.deepEqual((await deploy({})).ran, ["echo 1"]);
  const failing = { local: { create: "echo m; exit 4" } };
  await t.throwsAsync(deploy(failing), { message: /exit status 4: running "echo m; exit 4":/ });
  t.like(await outputs(workspace, stack.stack), { note: "n" });
  await t.throwsAsync(deploy(failing), { message: /exit status 4/ });
  t.deepEqual(await deploy({ local: { create: "echo m" } }), { changes: { same: 2, update: 1 }, ran: [] });
});

test("a preview runs nothing, and no secret is in the state in plain", async (t) => {
  t.timeout(300_000);
  const { workspace, server, deploy } = await stage(t);
  await deploy({});
  const made = server.connections().made;
  await writeFile(
    join(workspace.folder, "inputs.json"),
    (await readFile(join(workspace.folder, "inputs.json"), "utf8")).replace("echo 1", "echo 9"),
  );
  const text = await pulumi(workspace, ["preview", "-s", stack.stack], stack);
  t.regex(text, /~ 1 to update/);
  t.is(server.connections().made, made);
  const state = await pulumi(workspace, ["stack", "export", "-s", stack.stack], stack);
  t.false(state.includes("PRIVATE KEY"));
});
