import { chmod, cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "ava";
import { waitUntil } from "../../drill/wait.ts";
import { changed } from "../../engine/events.ts";
import { pulumi, setConfigPaths, up } from "../../engine/pulumi.ts";
import { FailoverError } from "../../infra/errors.ts";
import { differences, type FreshPlant, openFreshPlant, stateOf } from "./fresh-plant.ts";

let fresh: FreshPlant;
const signal = new AbortController().signal;
const nothing = { over: [], gone: [] };

test.serial.before(async (t) => {
  t.timeout(600_000, "set-up of the toolchain and a plant");
  fresh = await openFreshPlant((line) => t.log(line));
});

test.serial.after.always(() => fresh?.local.close());

function upOf(stack: "primary" | "failover", env: Record<string, string> = {}) {
  const { workspace } = fresh;
  return up({ ...workspace, env: { ...workspace.env, ...env } }, { stack, deadlineSeconds: 180 });
}

/** The message a person reads when that `up` fails. */
async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof FailoverError && error.code === "ENGINE_FAILED") return error.message;
    throw error;
  }
  return "";
}

/** A command as a person types it. */
async function act(args: string[], answers = ["--yes", "--skip-preview"]): Promise<string> {
  return await pulumi(fresh.workspace, [...args, ...answers], { stack: "primary", deadlineSeconds: 180 });
}

async function stackExport(): Promise<string> {
  return await act(["stack", "export", "-s", "primary"], []);
}

/** What Azure calls the machine that has this name now. */
async function machineOf(name: string): Promise<string> {
  const { deployment } = JSON.parse(await stackExport()) as {
    deployment: { resources: { urn: string; outputs?: { vmId?: string } }[] };
  };
  const found = deployment.resources.find(({ urn }) => urn.endsWith(`:VirtualMachine::${name}`));
  return found?.outputs?.vmId ?? "";
}

async function pendingOf(stack: string): Promise<unknown[]> {
  return (await stateOf(fresh.workspace, stack)).pending_operations ?? [];
}

const refused = (status: number, code: string, about: { type: string; name?: string }) => ({
  ...about,
  status,
  code,
  message: `${code} says what is wrong.`,
});

/** What Azure refuses once each in a first deployment, and how it is told. Whatever the order, each comes up once. */
const refusals = {
  "a name that is taken": {
    refusal: refused(409, "StorageAccountAlreadyTaken", { type: "Microsoft.Storage/storageAccounts" }),
    told: "StorageAccount storage-primary: StorageAccountAlreadyTaken: StorageAccountAlreadyTaken says",
    next: /choose another prefix, in both stack files, then: pulumi up -s primary/,
  },
  "a role that is missing": {
    refusal: refused(403, "AuthorizationFailed", { type: "Microsoft.Authorization/roleAssignments" }),
    told: "storage-primary: AuthorizationFailed: AuthorizationFailed says",
    next: /have the role it names assigned .*, then: pulumi up -s primary/,
  },
  "a size that is not available": {
    refusal: refused(409, "SkuNotAvailable", {
      type: "Microsoft.Compute/virtualMachines",
      name: "saas-load-balancer-main",
    }),
    told: "VirtualMachine load-balancer-main: SkuNotAvailable: SkuNotAvailable says",
    next: /another machineSize in .*, then: pulumi up -s primary/,
  },
  "a quota that is used up": {
    refusal: refused(409, "QuotaExceeded", { type: "Microsoft.Compute/virtualMachineScaleSets" }),
    told: "VirtualMachineScaleSet workers-primary: QuotaExceeded: QuotaExceeded says",
    next: /az vm list-usage .*, then: pulumi up -s primary/,
  },
};

test.serial(
  "while the sign-in service is down nothing is made, and the first resource says why",
  async (t) => {
    const { control } = fresh;
    await control("PUT", "/-/azure/token-fault", { mode: "503" });
    const message = await refusalOf(upOf("primary"));
    await control("PUT", "/-/azure/token-fault", { mode: "none" });
    t.regex(message, /\n {2}ResourceGroup primary: ClientSecretCredential.* 503\n/);
    t.regex(message, /Next: check ARM_TENANT_ID.*, then: pulumi up -s primary$/);
    t.deepEqual(await control("GET", "/-/azure/resources"), []);
  },
);

test.serial("a region that Azure does not offer is told before anything is made in it", async (t) => {
  const { workspace, control } = fresh;
  await setConfigPaths(workspace, "primary", regions("centralindia", "southindia"));
  const message = await refusalOf(upOf("primary"));
  await setConfigPaths(workspace, "primary", regions("westeurope", "northeurope"));
  t.regex(message, /\n {2}ResourceGroup primary: LocationNotAvailableForResourceType: .*'centralindia'/);
  t.regex(message, /Next: correct regions in Pulumi\.primary\.yaml, then: pulumi up -s primary$/);
  t.deepEqual(await control("GET", "/-/azure/resources"), []);
});

test.serial(
  "after each refusal the same up goes on from there, until nothing is missing and nothing is over",
  async (t) => {
    t.timeout(300_000);
    for (const { refusal } of Object.values(refusals))
      await fresh.control("PUT", "/-/azure/refusal", refusal);
    const messages: string[] = [];
    // Several may be told at once, so this many are enough.
    while (messages.length <= Object.keys(refusals).length) {
      const message = await refusalOf(upOf("primary"));
      if (message === "") break;
      messages.push(message);
      t.deepEqual(await differences(fresh), nothing, message);
      t.deepEqual(await pendingOf("primary"), []);
    }
    for (const [what, { told, next }] of Object.entries(refusals)) {
      const about = messages.filter((message) => message.includes(told));
      t.is(about.length, 1, `${what}:\n${messages.join("\n")}`);
      if (about[0]?.match(/: \w+ says/g)?.length === 1) t.regex(about[0], next, what);
    }
    for (const message of messages) t.true(message.length < 1200, message);
    t.is(changed((await upOf("primary")).changes), 0);
    t.deepEqual(await differences(fresh), nothing);
  },
);

test.serial("a plant that stands is not moved to another region by a change of configuration", async (t) => {
  const { workspace } = fresh;
  await setConfigPaths(workspace, "primary", regions("northeurope", "westeurope"));
  const message = await refusalOf(upOf("primary"));
  await setConfigPaths(workspace, "primary", regions("westeurope", "northeurope"));
  t.regex(message, /\n {2}ResourceGroup primary: .*marked for protection/);
  t.regex(message, /Next: take that change back \(git diff Pulumi\.primary\.yaml\)/);
  t.deepEqual(await differences(fresh), nothing);
});

test.serial(
  "a machine whose contents do not boot is told with its reason, and made again by the next command, its backup left alone",
  async (t) => {
    t.timeout(300_000);
    const { workspace } = fresh;
    const backup = await machineOf("api-backup");
    const secrets = join(workspace.folder, "bad-secrets");
    await cp(workspace.env["FAILOVER_SECRETS"] ?? "", secrets, { recursive: true });
    await chmod(join(secrets, "tls.pem"), 0o600);
    await writeFile(join(secrets, "tls.pem"), "no certificate\n");
    const message = await refusalOf(upOf("primary", { FAILOVER_SECRETS: secrets }));
    t.regex(
      message,
      /VirtualMachine api-main: OSProvisioningClientError: .*failover-api did not become ready/,
    );
    const [, next = ""] = /then: pulumi (up -s primary --replace '\S+')$/.exec(message) ?? [];
    t.is(next, "up -s primary --replace '**:VirtualMachine::api-main'");
    t.deepEqual(await differences(fresh), nothing);
    t.is(await machineOf("api-backup"), backup);
    await act(next.replaceAll("'", "").split(" "));
    t.is(await machineOf("api-backup"), backup);
    t.is(changed((await upOf("primary")).changes), 0);
    t.deepEqual(await differences(fresh), nothing);
  },
);

test.serial(
  "new contents reach a load balancer by a replacement that is asked for, the other one stays",
  async (t) => {
    t.timeout(300_000);
    const before = await Promise.all(["load-balancer-main", "load-balancer-backup"].map(machineOf));
    await act(["up", "-s", "primary", "--replace", "**:VirtualMachine::load-balancer-backup"]);
    const after = await Promise.all(["load-balancer-main", "load-balancer-backup"].map(machineOf));
    t.is(after[0], before[0]);
    t.not(after[1], before[1]);
  },
);

test.serial("what an up that was killed had made is taken over by the next command", async (t) => {
  t.timeout(300_000);
  const { workspace } = fresh;
  const file = join(workspace.folder, "lost.json");
  const state = JSON.parse(await stackExport()) as { deployment: { resources: { urn: string }[] } };
  const { resources } = state.deployment;
  const isLeaf = ({ urn }: { urn: string }) => JSON.stringify(resources).split(urn).length === 2;
  const lost = resources.find((resource) => resource.urn.includes(":SecurityRule::") && isLeaf(resource));
  t.truthy(lost);
  state.deployment.resources = resources.filter((resource) => resource !== lost);
  await writeFile(file, JSON.stringify(state));
  await act(["stack", "import", "-s", "primary", "--file", file], []);
  const message = await refusalOf(upOf("primary"));
  const [, id = ""] = /cannot create already existing resource '(.+)'/.exec(message) ?? [];
  t.regex(message, /Next: if it is this plant's: pulumi preview .*, then: pulumi up -s primary$/);
  const asked = join(workspace.folder, "import.json");
  await act(["preview", "-s", "primary", "--import-file", asked], []);
  const { nameTable, resources: missing } = JSON.parse(await readFile(asked, "utf8")) as {
    nameTable: unknown;
    resources: { logicalName: string }[];
  };
  t.is(missing.length, 1);
  await writeFile(asked, JSON.stringify({ nameTable, resources: missing.map((each) => ({ ...each, id })) }));
  await act(["import", "-s", "primary", "--file", asked, "--protect=false", "--generate-code=false"]);
  await upOf("primary");
  t.is(changed((await upOf("primary")).changes), 0);
  t.deepEqual(await differences(fresh), nothing);
});

test.serial(
  "a region that goes down in the middle of an up leaves nothing that the same up does not complete",
  async (t) => {
    t.timeout(300_000);
    const { control } = fresh;
    const region = (writes: "served" | "refused") =>
      control("PUT", "/-/azure/region", { location: "northeurope", writes });
    const begun = async () =>
      ((await control("GET", "/-/azure/resources")) as { id: string }[]).some(({ id }) =>
        /\/saas-secondary\/.*configurationStores\//i.test(id),
      );
    const refusal = refusalOf(upOf("failover"));
    t.true(await waitUntil(begun, { deadlineMs: 60_000, signal }));
    await region("refused");
    const message = await refusal;
    await region("served");
    t.regex(message, /\n {2}\w+ [\w-]+: (ServiceUnavailable|InternalServerError): .*northeurope/);
    t.regex(message, /Next: nothing of yours to correct: wait .*, then: pulumi up -s failover$/);
    t.deepEqual((await differences(fresh)).over, []);
    t.deepEqual(await pendingOf("failover"), []);
    await upOf("failover");
    t.is(changed((await upOf("failover")).changes), 0);
    t.deepEqual(await differences(fresh), nothing);
  },
);

function regions(primary: string, secondary: string): [string, string][] {
  return [
    ["failover-stacks:regions.primary", primary],
    ["failover-stacks:regions.secondary", secondary],
  ];
}
