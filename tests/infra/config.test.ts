import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { readStackFile } from "../../engine/stack-file.ts";
import { readSettings } from "../../infra/config.ts";
import { FailoverError } from "../../infra/errors.ts";
import { normal, topologyNames } from "../../infra/topologies.ts";

const fixtures = join(import.meta.dirname, "../fixtures/configs");
const local = { FAILOVER_PLANT: "local", CLOUDFLARE_BASE_URL: "http://127.20.0.10:8080" };
const committed = join(import.meta.dirname, "../../Pulumi.failover.yaml");

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

test("a local plant is refused without its marker variable", async (t) => {
  const error = await t.throwsAsync(
    settingsOf(committed, { CLOUDFLARE_BASE_URL: local.CLOUDFLARE_BASE_URL }),
  );
  t.regex(error.message, /^PLANT_MISMATCH\n.*FAILOVER_PLANT is not set/);
});

test("a local plant is refused while Cloudflare's API is not a loopback address", async (t) => {
  const real = { ...local, CLOUDFLARE_BASE_URL: "https://api.cloudflare.com/client/v4" };
  const error = await t.throwsAsync(settingsOf(committed, real));
  t.regex(error.message, /^PLANT_MISMATCH\n.*CLOUDFLARE_BASE_URL is "https:\/\/api\.cloudflare\.com/);
  await t.throwsAsync(settingsOf(committed, { FAILOVER_PLANT: "local" }), {
    message: /CLOUDFLARE_BASE_URL is not set/,
  });
  const lookalike = { ...local, CLOUDFLARE_BASE_URL: "http://127.evil.example/" };
  await t.throwsAsync(settingsOf(committed, lookalike), { message: /^PLANT_MISMATCH/ });
});

test("the primary stack says which part brings it", (t) => {
  const error = t.throws(() => readSettings({ stack: "primary", config: {}, secretKeys: [], env: local }));
  t.regex(error.message, /^NOT_YET_SERVED\n.*comes with the Azure part/);
});

test("a stack with another name is refused with a guess", (t) => {
  const error = t.throws(() => readSettings({ stack: "failovr", config: {}, secretKeys: [], env: local }));
  t.regex(error.message, /allowed: primary, failover\. Did you mean "failover"\?/);
});
