import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { breakDeadLocks } from "../../engine/locks.ts";

test("a lock that is released while it is looked at is no lock", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "locks-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const locks = join(folder, ".pulumi/locks/organization/failover-stacks/failover");
  mkdirSync(locks, { recursive: true });
  // It is in the folder's list, and reading it ends with ENOENT.
  symlinkSync(join(folder, "gone"), join(locks, "released.json"));
  const workspace = { folder, pulumi: "/nowhere/pulumi", env: { PULUMI_BACKEND_URL: `file://${folder}` } };
  t.false(await breakDeadLocks(workspace, "failover"));
});
