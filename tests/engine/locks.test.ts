import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { breakDeadLocks } from "../../engine/locks.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a lock that is released while it is looked at is no lock", async (t) => {
  const folder = temporaryFolder();
  const locks = join(folder, ".pulumi/locks/organization/failover-stacks/failover");
  mkdirSync(locks, { recursive: true });
  // It is in the folder's list, and reading it ends with ENOENT.
  symlinkSync(join(folder, "gone"), join(locks, "released.json"));
  const workspace = { folder, pulumi: "/nowhere/pulumi", env: { PULUMI_BACKEND_URL: `file://${folder}` } };
  t.false(await breakDeadLocks(workspace, "failover"));
});
