import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readStackFile } from "../../engine/stack-file.ts";
import { checkAgreement, readSettings } from "../../infra/config.ts";
import { FailoverError } from "../../infra/errors.ts";
import { localPeople } from "../../infra/guard-facts.ts";
import { normal, topologyNames } from "../../infra/topologies.ts";

const fixtures = join(import.meta.dirname, "../fixtures/configs");
const local = {
  FAILOVER_PLANT: "local",
  CLOUDFLARE_BASE_URL: "http://127.20.0.10:8080",
  ARM_METADATA_HOSTNAME: "127.20.0.11:8444",
};
const committed = join(import.meta.dirname, "../../Pulumi.failover.yaml");
const primary = join(import.meta.dirname, "../../Pulumi.primary.yaml");

async function settingsOf(path: string, env: Record<string, string> = local) {
  const file = await readStackFile(path);
  return readSettings({ stack: "failover", ...file, env });
}

/** A case is two files: a stack file with one defect, and the exact message it gets. */
const isRefused = test.macro<[string]>({
  async exec(t, defect) {
    const text = readFileSync(join(fixtures, `${defect}.txt`), "utf8");
    const expected = text.replace("{every topology}", topologyNames.join(", "));
    const error = await t.throwsAsync(settingsOf(join(fixtures, `${defect}.yaml`)), {
      instanceOf: FailoverError,
    });
    t.is(`${error.message.replaceAll(`${defect}.yaml`, "Pulumi.failover.yaml")}\n`, expected);
    t.is(error.exitCode, 2);
  },
  title: (_, defect) => `a stack file with the defect ${defect} is refused with its message`,
});

const defects = readdirSync(fixtures).filter((name) => name.endsWith(".yaml"));
for (const file of defects) test(isRefused, file.replace(".yaml", ""));

test("the committed stack file is accepted and resolves to the normal topology", async (t) => {
  const { topology, axes, plant } = await settingsOf(committed);
  t.is(topology, "normal");
  t.deepEqual(axes, normal);
  t.is(plant, "local");
});

test("the committed file of the primary stack is accepted", async (t) => {
  const settings = readSettings({ stack: "primary", ...(await readStackFile(primary)), env: local });
  t.is(settings.prefix, "saas");
  t.is(settings.sshPort, 2222);
});

const bothFiles = async () => ({
  primary: (await readStackFile(primary)).config,
  failover: (await readStackFile(committed)).config,
});

test("both committed files agree in the keys that both have", async (t) => {
  const files = await bothFiles();
  t.notThrows(() => checkAgreement(files));
});

test("another order is no difference", async (t) => {
  const { primary: one, failover } = await bothFiles();
  const written = {
    ...one,
    "failover-stacks:zone": JSON.stringify({ name: "saas.test", id: "0".repeat(32) }),
  };
  t.notThrows(() => checkAgreement({ primary: written, failover }));
});

test("files that differ where the bypass would open nothing are refused with both values", async (t) => {
  const { primary: one, failover } = await bothFiles();
  const { "failover-stacks:settingsEndpoint": _gone, ...rest } = one;
  const network = JSON.stringify({ servers: "127.20.7.0/24", workers: "127.20.2.0/24" });
  const moved = { ...rest, "failover-stacks:clientPort": "443", "failover-stacks:network": network };
  const error = t.throws(() => checkAgreement({ primary: moved, failover }), { instanceOf: FailoverError });
  t.is(error.code, "INVALID_CONFIG");
  t.deepEqual(error.problems, [
    'clientPort is "443" in Pulumi.primary.yaml and "8443" in Pulumi.failover.yaml; allowed: the same in both.',
    'settingsEndpoint is not set in Pulumi.primary.yaml and "https://127.20.0.12:8445" in Pulumi.failover.yaml; allowed: the same in both.',
    'network.servers is "127.20.7.0/24" in Pulumi.primary.yaml and "127.20.1.0/24" in Pulumi.failover.yaml; allowed: the same in both.',
  ]);
});

const leading = {
  CLOUDFLARE_BASE_URL: "https://api.cloudflare.com/client/v4",
  ARM_METADATA_HOSTNAME: "management.azure.com",
};

for (const [name, real] of Object.entries(leading)) {
  test(`a local plant is refused while ${name} does not lead to a loopback address`, async (t) => {
    const { [name]: _gone, ...without } = local as Record<string, string>;
    const refusals = { [real]: `"${real}"`, "127.evil.example": `"127.evil.example"` };
    for (const [value, shown] of Object.entries(refusals)) {
      const error = await t.throwsAsync(settingsOf(committed, { ...local, [name]: value }));
      t.true(error.message.startsWith(`PLANT_MISMATCH\n  plant is local, but ${name} is ${shown};`));
    }
    await t.throwsAsync(settingsOf(committed, without), { message: new RegExp(`${name} is not set`) });
  });
}

test("a local plant is refused while its two clouds are those of different plants", async (t) => {
  const error = await t.throwsAsync(
    settingsOf(committed, { ...local, ARM_METADATA_HOSTNAME: "127.21.0.11:8444" }),
  );
  t.regex(error.message, /^PLANT_MISMATCH\n.*"127\.21\.0\.11:8444"; allowed: 127\.20\.0\.0\/16, where/);
});

test("a local plant is refused without its marker variable", async (t) => {
  const { FAILOVER_PLANT: _gone, ...without } = local;
  const error = await t.throwsAsync(settingsOf(committed, without));
  t.regex(error.message, /^PLANT_MISMATCH\n.*FAILOVER_PLANT is not set/);
});

test("a stack is refused while the provider would deploy into another subscription", async (t) => {
  const error = await t.throwsAsync(
    settingsOf(committed, { ...local, ARM_SUBSCRIPTION_ID: "4d1c7a1e-0000-0000-0000-000000000000" }),
  );
  t.regex(error.message, /^PLANT_MISMATCH\n.*but ARM_SUBSCRIPTION_ID is "4d1c7a1e/);
});

test("what the guard of a real plant takes for the local plant's is what the committed files hold", async (t) => {
  const { config } = await readStackFile(committed);
  const text = Object.entries(config)
    .map(([key, value]) => `${key}: ${value}`)
    .join("\n");
  for (const { path, value } of localPeople) t.true(text.includes(value), path);
});

/** A stack file as a team would have it, from the committed one. */
async function realFile(path: string): Promise<{ config: Record<string, string>; secretKeys: string[] }> {
  const { config } = await readStackFile(path);
  const { "failover-stacks:settingsEndpoint": _local, ...rest } = config;
  const entries = Object.entries({ ...rest, "failover-stacks:plant": "azure" }).map(([key, text]) => {
    const real = text.replaceAll("127.20.", "10.20.").replaceAll("127.0.0.1/32", "198.51.100.0/24");
    return [key, real.replace(/^0{8}-/, "4d1c7a1e-").replace(/"0{32}"/, `"${"a1".repeat(16)}"`)];
  });
  const file = Object.fromEntries(entries) as Record<string, string>;
  const endpoints = JSON.parse(file["failover-stacks:endpoints"] ?? "{}") as object;
  file["failover-stacks:databaseAdministrator"] = JSON.stringify({
    login: "database-administrators",
    id: "4d1c7a1e-0000-0000-0000-000000000002",
  });
  if (path === committed) {
    const id = "4d1c7a1e-0000-0000-0000-000000000003";
    const principals = { loadBalancers: id, apiServers: id, workers: id };
    const all = { ...endpoints, principals, workers: { address: "20.1.2.3" } };
    file["failover-stacks:endpoints"] = JSON.stringify(all);
    file["failover-stacks:sshPublicKey"] = "ssh-ed25519 AAAA ann@laptop";
  }
  return { config: file, secretKeys: [] };
}

for (const [stack, path] of Object.entries({
  primary: "Pulumi.primary.yaml",
  failover: "Pulumi.failover.yaml",
})) {
  const file = join(import.meta.dirname, "../..", path);

  test(`stack ${stack} of a real plant is accepted with an environment that leads to real clouds`, async (t) => {
    const settings = readSettings({ stack, ...(await realFile(file)), env: {} });
    t.is(settings.plant, "azure");
  });

  for (const name of Object.keys(leading)) {
    test(`stack ${stack} of a real plant is refused while ${name} is set, wherever it leads`, async (t) => {
      const input = { stack, ...(await realFile(file)), env: { [name]: "localhost:8444" } };
      const error = t.throws(() => readSettings(input), { instanceOf: FailoverError });
      t.deepEqual(error.problems, [`plant is azure, but ${name} is "localhost:8444"; allowed: not set.`]);
    });
  }

  test(`stack ${stack} of a real plant is refused in the environment of a local one`, async (t) => {
    const input = { stack, ...(await realFile(file)), env: local };
    const error = t.throws(() => readSettings(input), { instanceOf: FailoverError });
    t.is(error.code, "PLANT_MISMATCH");
    t.is(error.problems.length, 3);
  });
}

test("administrators from anywhere are refused", async (t) => {
  const file = await readStackFile(primary);
  const open = { ...file.config, "failover-stacks:adminRanges": '["127.20.0.0/16","127.20.0.0/0"]' };
  const error = t.throws(() => readSettings({ stack: "primary", ...file, config: open, env: local }));
  t.regex(error.message, /^INVALID_CONFIG\n {2}adminRanges holds 127.20.0.0\/0; allowed:/);
});

test("a stack file that asks for a restore point in the future is refused", async (t) => {
  const file = await readStackFile(committed);
  const at = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, "");
  const config = { ...file.config, "failover-stacks:restores": JSON.stringify([{ at }]) };
  const error = t.throws(() => readSettings({ stack: "failover", ...file, config, env: local }));
  t.true(error.message.includes(`restores[0].at is ${at}, in the future (now `), error.message);
});

test("a stack with another name is refused with a guess", (t) => {
  const error = t.throws(() => readSettings({ stack: "failovr", config: {}, secretKeys: [], env: local }));
  t.regex(error.message, /allowed: primary, failover\. Did you mean "failover"\?/);
});
