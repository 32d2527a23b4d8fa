import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import test from "ava";
import { defaultEndpoints } from "../../../local/plant/addresses.ts";
import { acquireDrillBlock } from "../../../local/plant/block.ts";
import type { Block } from "../../../local/plant/block.ts";
import { networkShim } from "../../../local/plant/machine/programs.ts";
import { startPlant } from "../../../local/plant/plant.ts";
import type { Plant } from "../../../local/plant/plant.ts";
import { prepareToolchain } from "../../../local/toolchain/prepare.ts";
import { ArmClient } from "./arm-client.ts";

const run = promisify(execFile);

let block: Block;
let plant: Plant;
let arm: ArmClient;

const regions = { primary: "westeurope", secondary: "northeurope" };
const nobody = "00000000-0000-0000-0000-000000000000";
const providers = "resourceGroups/data/providers";
const account = `${providers}/Microsoft.Storage/storageAccounts/plantstore2`;
const server = `${providers}/Microsoft.Sql/servers/plant-sql-primary`;
const versions = { group: "2024-03-01", storage: "2024-01-01", sql: "2023-08-01" };

test.before(async () => {
  const toolchain = await prepareToolchain(() => {});
  block = await acquireDrillBlock({ clientPort: 8443, report: () => {} });
  plant = await startPlant({
    toolchain,
    block,
    regions,
    hosts: defaultEndpoints(block.number),
    zoneName: "example.test",
    clientPort: 8443,
    prefix: "plant",
    ttlDivisor: 30,
    refreshSeconds: 1,
    apiToken: "local-plant-test-token-of-forty-characters",
    onExit: () => {},
    report: () => {},
  });
  arm = await ArmClient.signIn(plant);
  await put("resourceGroups/data", "group", { location: regions.primary });
});

test.after.always(async () => {
  await plant?.stop();
  await block?.release();
});

async function put(path: string, version: keyof typeof versions, body: object): Promise<void> {
  const answer = await arm.carryOut("PUT", path, { version: versions[version], body });
  const failed = answer.status >= 400 || answer.body["status"] === "Failed";
  if (failed) throw new Error(`PUT ${path}: ${JSON.stringify(answer)}`);
}

/** Runs a program as a machine's unit does. @returns what it wrote */
async function onMachine(program: string, env: Record<string, string>): Promise<string> {
  const { address, port } = plant.addresses.unbound;
  const args = [...networkShim, "--input-type=module", "--eval", program];
  const { stdout } = await run(process.execPath, args, {
    env: {
      ...env,
      PLANT_RESOLVER: `${address}:${port}`,
      NODE_EXTRA_CA_CERTS: plant.exports.clientsAuthority,
    },
    timeout: 20_000,
  });
  return stdout.trim();
}

test.serial("a program uses an account that Resource Manager made, by its name in Azure", async (t) => {
  const sku = { name: "Standard_LRS" };
  await put(account, "storage", { location: regions.secondary, kind: "StorageV2", sku, properties: {} });
  await put(`${account}/queueServices/default/queues/work`, "storage", { properties: {} });
  await put(`${account}/blobServices/default/containers/files`, "storage", { properties: {} });
  await onMachine(
    `import { QueueClient } from "@azure/storage-queue";
    import { ContainerClient } from "@azure/storage-blob";
    const credential = { getToken: async () => ({ token: process.env.TOKEN, expiresOnTimestamp: Date.now() + 3e6 }) };
    await new QueueClient("https://plantstore2.queue.core.windows.net/work", credential).sendMessage("job");
    const files = new ContainerClient("https://plantstore2.blob.core.windows.net/files", credential);
    await files.getBlockBlobClient("results/1").uploadData(Buffer.from("done"));
    process.exit();`,
    { TOKEN: await arm.tokenFor("https://storage.azure.com") },
  );
  t.is(await plant.storage.messageCount("plantstore2", "work"), 1);
  const hash = createHash("sha256").update("done").digest("hex");
  t.deepEqual(await plant.storage.blobs("plantstore2", "files"), [{ name: "results/1", hash }]);
});

test.serial("a program queries a database that Resource Manager made, by its server's name", async (t) => {
  const administrators = {
    administratorType: "ActiveDirectory",
    azureADOnlyAuthentication: true,
    principalType: "Application",
    login: "administrators",
    sid: nobody,
    tenantId: nobody,
  };
  const sku = { name: "GP_Gen5", tier: "GeneralPurpose", family: "Gen5", capacity: 2 };
  const { primary: location } = regions;
  await put(server, "sql", { location, properties: { version: "12.0", administrators } });
  await put(`${server}/databases/saas`, "sql", { location, sku, properties: { createMode: "Default" } });
  const user = plant.cloud.arm.clientId;
  await plant.sql.query({ side: "primary", database: "saas" }, `create role "${user}" login`);
  const said = await onMachine(
    `import pg from "pg";
    const host = "plant-sql-primary.database.windows.net";
    const { DB_USER: user, TOKEN: password } = process.env;
    const client = new pg.Client({ host, port: 1433, user, password, database: "saas", ssl: true });
    await client.connect();
    const { rows } = await client.query("select current_user as who, current_database() as database");
    console.log(JSON.stringify(rows));
    await client.end();`,
    { DB_USER: user, TOKEN: await arm.tokenFor("https://database.windows.net") },
  );
  t.deepEqual(JSON.parse(said), [{ who: user, database: "saas" }]);
});
