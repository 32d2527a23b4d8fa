import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { startArmStub } from "./arm-stub.ts";

const script = join(import.meta.dirname, "../../infra/storage-check/check.ts");

async function check(t: ExecutionContext, account: string) {
  const arm = await startArmStub({ primary: "primary" });
  t.teardown(() => arm.close());
  const env = {
    ARM_METADATA_HOSTNAME: arm.host,
    ARM_TENANT_ID: "tenant",
    ARM_CLIENT_ID: "client",
    ARM_CLIENT_SECRET: "secret",
    FAILOVER_STORAGE_ACCOUNT: `/accounts/${account}`,
    FAILOVER_TARGET: "secondary",
  };
  const args = ["--disable-warning=ExperimentalWarning", script];
  return execa(process.execPath, args, { env, extendEnv: false, reject: false });
}

test("hosts may be sent to an account that is there", async (t) => {
  const { exitCode, stdout } = await check(t, "here");
  t.is(exitCode, 0);
  t.is(stdout, "storage account here is there");
});

test("an account that is gone stops the switch before hosts are told of it, with what makes it anew", async (t) => {
  const { exitCode, stderr } = await check(t, "gone");
  t.is(exitCode, 1);
  t.regex(
    stderr,
    /^STORAGE_MISSING\n {2}storage account gone does not exist; hosts keep the one they have\.\n/,
  );
  t.regex(
    stderr,
    /\n {2}Next: pulumi refresh -s failover --target '\*\*storage-secondary\*\*' --yes && pulumi up -s failover /,
  );
});

test("where Azure does not say, a recovery goes on and says so", async (t) => {
  const { exitCode, stderr } = await check(t, "hidden");
  t.is(exitCode, 0);
  t.is(stderr, "not known whether it is there, going on: 403 AuthorizationFailed: a role is missing");
});
