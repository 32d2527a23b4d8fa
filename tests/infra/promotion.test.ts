import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { askUntil } from "../../infra/promotion/arm.ts";
import { type ArmStubOptions, startArmStub } from "./arm-stub.ts";

const script = join(import.meta.dirname, "../../infra/promotion/promote.ts");
const now = new Date().toISOString();
const yesterday = new Date(Date.now() - 24 * 3600 * 1000).toISOString();

interface Attempt extends ArmStubOptions {
  target: "primary" | "secondary";
  acceptedLoss?: string;
}

async function promote(t: ExecutionContext, { target, acceptedLoss, ...options }: Attempt) {
  const arm = await startArmStub(options);
  t.teardown(() => arm.close());
  const env = {
    ARM_METADATA_HOSTNAME: arm.host,
    ARM_TENANT_ID: "tenant",
    ARM_CLIENT_ID: "client",
    ARM_CLIENT_SECRET: "secret",
    FAILOVER_GROUP: "group",
    FAILOVER_SERVER_PRIMARY: "/servers/primary",
    FAILOVER_SERVER_SECONDARY: "/servers/secondary",
    FAILOVER_TARGET: target,
    ...(acceptedLoss && { FAILOVER_ACCEPTED_LOSS: acceptedLoss }),
  };
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script],
    {
      env,
      extendEnv: false,
      reject: false,
    },
  );
  return { exitCode, stdout, stderr, calls: arm.calls };
}

test("a server that has the primary role already is asked for it and nothing else", async (t) => {
  const { exitCode, calls } = await promote(t, { primary: "primary", target: "primary" });
  t.is(exitCode, 0);
  t.deepEqual(calls, ["GET group"]);
});

test("a promotion is a planned one, waited for, and its outcome looked at", async (t) => {
  const { exitCode, stdout, calls } = await promote(t, { primary: "primary", target: "secondary" });
  t.is(exitCode, 0);
  t.is(stdout, "the secondary region's server took the primary role");
  t.deepEqual(calls, ["GET group", "POST failover", "GET group"]);
});

for (const planned of ["timed out", "operation fails"] as const) {
  test(`a planned promotion that ends as "${planned}" loses nothing and says how to accept a loss`, async (t) => {
    const { exitCode, stderr, calls } = await promote(t, {
      primary: "primary",
      planned,
      target: "secondary",
    });
    t.is(exitCode, 1);
    t.regex(stderr, /^promotion: failover: .*\n.*pulumi config set acceptedLoss \S+Z -s failover/);
    t.deepEqual(calls, ["GET group", "POST failover"]);
  });

  test(`a planned promotion that ends as "${planned}" is forced where the loss is accepted`, async (t) => {
    const attempt = { primary: "primary", planned, target: "secondary", acceptedLoss: now } as const;
    const { exitCode, calls } = await promote(t, attempt);
    t.is(exitCode, 0);
    t.deepEqual(calls, [
      "GET group",
      "POST failover",
      "GET group",
      "POST forceFailoverAllowDataLoss",
      "GET group",
    ]);
  });
}

test("a promotion that another way cannot mend either is neither forced nor advised to be", async (t) => {
  const attempt = {
    primary: "primary",
    planned: "forbidden",
    target: "secondary",
    acceptedLoss: now,
  } as const;
  const { exitCode, stderr, calls } = await promote(t, attempt);
  t.is(exitCode, 1);
  t.is(stderr, "promotion: failover: 403 AuthorizationFailed: a role is missing");
  t.deepEqual(calls, ["GET group", "POST failover"]);
});

test("while something else is under way on the server, a promotion is asked for again", async (t) => {
  const attempt = { primary: "primary", planned: "under way", target: "secondary" } as const;
  const { exitCode, calls } = await promote(t, attempt);
  t.is(exitCode, 0);
  const again = ["POST failover", "GET group"];
  t.deepEqual(calls, ["GET group", ...again, ...again, ...again]);
});

test("a promotion whose answer was lost is found by the role that came of it", async (t) => {
  const attempt = { primary: "primary", planned: "answer lost", target: "secondary" } as const;
  const { exitCode, calls } = await promote(t, attempt);
  t.is(exitCode, 0);
  t.deepEqual(calls, ["GET group", "POST failover", "POST failover", "GET group", "GET group"]);
});

test("a connection that ends without an answer is tried again", async (t) => {
  const { exitCode, calls } = await promote(t, { primary: "primary", target: "primary", cut: 1 });
  t.is(exitCode, 0);
  t.deepEqual(calls, ["GET group"]);
});

test("a cloud that nobody answers for is named with what the system said", async (t) => {
  const arm = await startArmStub({ primary: "primary" });
  await arm.close();
  await t.throwsAsync(askUntil(Date.now(), `${arm.host}/x`, {}), {
    message: /^http:\/\/127\.0\.0\.1:\d+\/x: fetch failed: .*ECONNREFUSED/,
  });
});

test("a loss that was accepted for a switch of yesterday forces none of today", async (t) => {
  const attempt = {
    primary: "primary",
    planned: "timed out",
    target: "secondary",
    acceptedLoss: yesterday,
  } as const;
  const { exitCode, calls } = await promote(t, attempt);
  t.is(exitCode, 1);
  t.deepEqual(calls, ["GET group", "POST failover"]);
});

test("the way back is never forced", async (t) => {
  const attempt = {
    primary: "secondary",
    planned: "timed out",
    target: "primary",
    acceptedLoss: now,
  } as const;
  const { exitCode, stderr, calls } = await promote(t, attempt);
  t.is(exitCode, 1);
  t.true(stderr.endsWith("The way back is never forced."));
  t.deepEqual(calls, ["GET group", "POST failover"]);
});
