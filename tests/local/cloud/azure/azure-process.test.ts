import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import type { CloudSettings } from "../../../../local/cloud/cloud-settings.ts";
import type { PlantAnswer, PlantRequest } from "../../../../local/cloud/azure/plant-protocol.ts";
import { AzureClient, certify } from "./azure-fixture.ts";
import { compute, group, location, machineBody, network, nicBody } from "./network-fixture.ts";

const main = fileURLToPath(new URL("../../../../local/cloud/main.ts", import.meta.url));
const nobody = "00000000-0000-0000-0000-000000000000";
const tokenKey = "0123456789abcdef".repeat(4);
const controlToken = "control-token-0123456789";

async function settings(): Promise<CloudSettings> {
  const { pem } = await certify();
  return {
    address: "127.0.0.1",
    controlPort: 0,
    controlToken,
    cloudflare: {
      port: 0,
      apiToken: "local-cloud-token-0123456789abcdefghijkl",
      zone: "example.com",
      edgeAddresses: ["127.21.0.80"],
      ttlDivisor: 30,
    },
    azure: {
      address: "127.0.0.1",
      port: 0,
      appConfigurationPort: 0,
      certificate: pem,
      tenantId: nobody,
      subscriptionId: nobody,
      clientId: nobody,
      clientSecret: "a-secret",
      principalId: "00000000-0000-0000-0000-000000000001",
      publicAddresses: { reserved: {}, pool: "127.0.6.0/28" },
      durations: "instant",
      tokenKey,
    },
  };
}

function spawnCloud(t: ExecutionContext, line: object) {
  const cloud = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main]);
  t.teardown(() => cloud.kill("SIGKILL"));
  cloud.stdin.write(`${JSON.stringify(line)}\n`);
  return cloud;
}

test("the cloud process asks the plant for machines on stdout and hears of them on stdin", async (t) => {
  const cloud = spawnCloud(t, await settings());
  const lines = createInterface({ input: cloud.stdout });
  const [first] = (await once(lines, "line")) as [string];
  const ready = JSON.parse(first) as { control: string; resourceManager: string; appConfiguration: string };
  t.regex(ready.appConfiguration, /^https:\/\/127\.0\.0\.2:/);
  const asked: PlantRequest[] = [];
  lines.on("line", (line) => {
    const request = JSON.parse(line) as PlantRequest;
    asked.push(request);
    const error = { code: "OSProvisioningClientError", message: "no" };
    const answer: PlantAnswer =
      "boot" in request ? { id: request.id, error } : { id: request.id, done: true };
    cloud.stdin.write(`${JSON.stringify(answer)}\n`);
  });
  const client = await AzureClient.signIn(t, ready.resourceManager);
  const [head, claims, signature] = (await client.token()).split(".");
  const hmac = createHmac("sha256", Buffer.from(tokenKey, "hex")).update(`${head}.${claims}`);
  t.is(signature, hmac.digest("base64url"), "who has the key can check a token");
  await client.call("PUT", group, { location });
  const addressSpace = { addressPrefixes: ["127.0.4.0/24"] };
  const subnets = [{ name: "servers", properties: { addressPrefix: "127.0.4.0/26" } }];
  await client.settle("PUT", `${network}/virtualNetworks/net`, {
    location,
    properties: { addressSpace, subnets },
  });
  await client.settle("PUT", `${network}/networkSecurityGroups/nsg`, { location });
  await client.settle("PUT", `${network}/networkInterfaces/vm`, nicBody());
  const failed = await client.settle("PUT", `${compute}/virtualMachines/vm`, machineBody("vm"));
  t.is(failed.body.error.code, "OSProvisioningClientError");
  t.deepEqual(new Set(asked.map((request) => Object.keys(request)[1])), new Set(["boot", "firewall"]));

  const control = async (path: string, body?: object) => {
    const request = {
      headers: { "x-control-token": controlToken },
      ...(body ? { method: "PUT", body: JSON.stringify(body) } : {}),
    };
    return (await fetch(`${ready.control}/-/azure/${path}`, request)).json() as Promise<object>;
  };
  t.like(await control("fault", { mode: "503" }), { resources: "503", tokens: "none" });
  t.is((await client.call("GET", group)).status, 503);
  t.like(await control("token-fault", { mode: "429" }), { tokens: "429" });
  t.like(await control("app-configuration/fault", { mode: "hang" }), { appConfiguration: "hang" });
  t.like(await control("region", { location, writes: "refused" }), { refused: [location] });
  t.like(await control("durations", { mode: "scaled" }), { mode: "scaled" });
  t.like(await control("quota", { cores: 4 }), { cores: 4 });
  const refusal = { type: "Microsoft.Sql/servers", status: 409, code: "X", message: "x" };
  t.like(await control("refusal", refusal), { refusals: [{ ...refusal, times: 1 }] });
  t.regex(JSON.stringify(await control("fault", { mode: "explode" })), /error/);
  const requests = (await control("requests?since=0")) as { path: string }[];
  t.true(requests.some(({ path }) => path.endsWith("/virtualMachines/vm")));
});

test("Azure's addresses must be loopback too, and every wrong setting is named", async (t) => {
  const right = await settings();
  const publicAddresses = { reserved: { a: "8.8.8.8" }, pool: "10.0.0.0/24" };
  const cloud = spawnCloud(t, { ...right, azure: { ...right.azure, tenantId: "x", publicAddresses } });
  const [said, [code]] = await Promise.all([text(cloud.stderr), once(cloud, "exit")]);
  t.is(code, 2);
  for (const part of [
    /NOT_LOOPBACK/,
    /azure\.tenantId: not a UUID/,
    /reserved\.a: not an address/,
    /pool: not an address/,
  ])
    t.regex(said, part);
});
