import { cpSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { committedSettings, localSettings } from "../../drill/set-up.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const project = join(import.meta.dirname, "../..");
const azure = join(project, "tests/fixtures/configs/014-plant-azure.yaml");

test("the committed stack file and its local copy say the same", async (t) => {
  t.deepEqual(await localSettings(project), await committedSettings(project));
});

test("a repository that describes a real plant can be drilled all the same", async (t) => {
  const folder = temporaryFolder();
  cpSync(join(project, "Pulumi.primary.yaml"), join(folder, "Pulumi.primary.yaml"));
  cpSync(azure, join(folder, "Pulumi.failover.yaml"));
  await t.throwsAsync(committedSettings(folder), { message: /^PLANT_MISMATCH|^INVALID_CONFIG/ });
  t.is((await localSettings(folder)).plant, "local");
});
