import { chmod, cp, writeFile } from "node:fs/promises";
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
async function refusalOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof FailoverError && error.code === "ENGINE_FAILED") return error.message;
    throw error;
  }
  return "";
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
  "a machine whose contents do not boot is told with its reason, and made again by the next command",
  async (t) => {
    t.timeout(300_000);
    const { workspace } = fresh;
    const only = ["-s", "primary", "--yes", "--skip-preview", "--target", "**:VirtualMachine::api-main"];
    const destroy = () =>
      pulumi(workspace, ["destroy", ...only, "--target-dependents"], {
        stack: "primary",
        deadlineSeconds: 120,
      });
    await destroy();
    const secrets = join(workspace.folder, "bad-secrets");
    await cp(workspace.env["FAILOVER_SECRETS"] ?? "", secrets, { recursive: true });
    await chmod(join(secrets, "tls.pem"), 0o600);
    await writeFile(join(secrets, "tls.pem"), "no certificate\n");
    const message = await refusalOf(upOf("primary", { FAILOVER_SECRETS: secrets }));
    t.regex(
      message,
      /VirtualMachine api-main: OSProvisioningClientError: .*failover-api did not become ready/,
    );
    t.regex(
      message,
      /--target '\*\*:VirtualMachine::api-main' --target-dependents, then: pulumi up -s primary$/,
    );
    t.deepEqual(await differences(fresh), nothing);
    await destroy();
    await upOf("primary");
    t.is(changed((await upOf("primary")).changes), 0);
    t.deepEqual(await differences(fresh), nothing);
  },
);

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
    const act = refusalOf(upOf("failover"));
    t.true(await waitUntil(begun, { deadlineMs: 60_000, signal }));
    await region("refused");
    const message = await act;
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
