import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { askUntil } from "../../infra/promotion/arm.ts";
import { type ArmStubOptions, startArmStub } from "./arm-stub.ts";

const folder = join(import.meta.dirname, "../../infra/promotion");
const ago = (seconds: number): string =>
  `${new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19)}Z`;
const yesterday = ago(24 * 3600);

interface Attempt extends ArmStubOptions {
  target: "primary" | "secondary";
  acceptedLoss?: string;
  script?: string;
}

async function promote(t: ExecutionContext, attempt: Attempt) {
  const { target, acceptedLoss, script = "promote.ts", ...options } = attempt;
  const arm = await startArmStub(options);
  t.teardown(() => arm.close());
  const env = {
    ARM_METADATA_HOSTNAME: arm.host,
    ARM_TENANT_ID: "tenant",
    ARM_CLIENT_ID: "client",
    ARM_CLIENT_SECRET: "secret",
    FAILOVER_GROUP: "group",
    FAILOVER_DATABASE: "database",
    FAILOVER_SERVER_PRIMARY: "/servers/primary",
    FAILOVER_SERVER_SECONDARY: "/servers/secondary",
    FAILOVER_TARGET: target,
    FAILOVER_STREAMS_WITHIN_SECONDS: "4",
    ...(acceptedLoss && { FAILOVER_ACCEPTED_LOSS: acceptedLoss }),
  };
  const args = ["--disable-warning=ExperimentalWarning", join(folder, script)];
  const { exitCode, stdout, stderr } = await execa(process.execPath, args, {
    env,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr, calls: arm.calls };
}

const away = { primary: "primary", target: "secondary" } as const;
const back = { primary: "secondary", target: "primary" } as const;
const begun = ["GET group", "GET metrics"];
const refused = [...begun, "POST failover"];
const tooSlow = 10_000;
const forced = [...refused, "GET group", "POST forceFailoverAllowDataLoss", "GET group"];

test("a server that has the primary role already is asked for it and nothing else", async (t) => {
  const { exitCode, calls } = await promote(t, { primary: "primary", target: "primary" });
  t.is(exitCode, 0);
  t.deepEqual(calls, ["GET group"]);
});

test("a promotion is a planned one, waited for, and its outcome looked at", async (t) => {
  const { exitCode, stdout, calls } = await promote(t, away);
  t.is(exitCode, 0);
  t.regex(stdout, /\nthe secondary region's server took the primary role$/);
  t.deepEqual(calls, [...begun, "POST failover", "GET group"]);
});

test("what a forced promotion would lose is the first thing it says", async (t) => {
  const { stdout } = await promote(t, { ...away, lag: { seconds: 2.04, ago: 30 } });
  const [first = ""] = stdout.split("\n");
  const found =
    /^if it must be forced: everything committed before \S+Z is on the replica \(lag 2 s, read (3\d) s ago\); up to (3\d) s of writes are lost$/.exec(
      first,
    );
  t.truthy(found, first);
  // Both are whole seconds.
  t.true(Math.abs(Number(found?.[2]) - Number(found?.[1]) - 2) <= 1, first);
});

test("the same figure is read without a promotion, for programs", async (t) => {
  const { stdout, calls } = await promote(t, {
    ...away,
    script: "expected-loss.ts",
    lag: { seconds: 2, ago: 30 },
  });
  const { seconds, survivesBefore, text } = JSON.parse(stdout) as Record<string, unknown>;
  t.true(Number(seconds) >= 32 && Number(seconds) <= 36, stdout);
  t.regex(
    String(text),
    new RegExp(`^everything committed before ${String(survivesBefore)} is on the replica`),
  );
  t.deepEqual(calls, begun);
});

for (const planned of ["timed out", "operation fails", "broken"] as const) {
  test(`a planned promotion that ends as "${planned}" loses nothing and names the loss to accept`, async (t) => {
    const { exitCode, stderr, calls } = await promote(t, { ...away, planned });
    t.is(exitCode, 1);
    t.regex(
      stderr,
      /^PROMOTION_REFUSED\n {2}failover: .*\n {2}if it must be forced: .* writes are lost\n {2}no loss is accepted: acceptedLoss is not set\.\n/,
    );
    t.regex(
      stderr,
      /\n {2}Next: pulumi config set acceptedLoss \d{4}\S+Z -s failover && pulumi up -s failover /,
    );
    t.deepEqual(calls, refused);
  });

  test(`a planned promotion that ends as "${planned}" is forced where the loss is accepted`, async (t) => {
    const { exitCode, stdout, calls } = await promote(t, { ...away, planned, acceptedLoss: ago(60) });
    t.is(exitCode, 0);
    t.regex(stdout, /\nfailover: .*; forcing it, since acceptedLoss is /);
    t.deepEqual(calls, forced);
  });
}

test("a replica that lags beyond what is accepted is refused with the figure, and what it names is accepted", async (t) => {
  const lagging = { ...away, planned: "timed out", lag: { seconds: 90, ago: 10 } } as const;
  const { exitCode, stderr, calls } = await promote(t, { ...lagging, acceptedLoss: ago(60) });
  t.is(exitCode, 1);
  t.regex(
    stderr,
    /\n {2}acceptedLoss is \S+Z, but the replica has everything committed before \S+Z alone: \d+ s of writes more than accepted would be lost\.\n/,
  );
  t.deepEqual(calls, refused);
  const instead = /acceptedLoss (\S+) -s failover/.exec(stderr)?.[1] ?? "";
  t.is((await promote(t, { ...lagging, acceptedLoss: instead })).exitCode, 0);
});

for (const lag of ["none", "unavailable"] as const) {
  test(`where the lag is ${lag}, a time is not enough and "unknown" has to be said`, async (t) => {
    const { exitCode, stdout, stderr } = await promote(t, {
      ...away,
      planned: "timed out",
      lag,
      acceptedLoss: ago(60),
    });
    t.is(exitCode, 1);
    t.regex(
      stdout,
      /^if it must be forced: what the replica has is not known \(.+\); how many writes are lost cannot be said/,
    );
    const instead = /acceptedLoss (unknown@\S+Z) -s failover/.exec(stderr)?.[1] ?? "";
    const { calls } = await promote(t, { ...away, planned: "timed out", lag, acceptedLoss: instead });
    t.deepEqual(calls, forced);
  });
}

const expired = { yesterday, "unknown, yesterday": `unknown@${yesterday}`, "in a minute": ago(-60) };
for (const [when, acceptedLoss] of Object.entries(expired)) {
  test(`a loss that is accepted for another time forces nothing: ${when}`, async (t) => {
    const { exitCode, calls } = await promote(t, { ...away, planned: "timed out", acceptedLoss });
    t.is(exitCode, 1);
    t.deepEqual(calls, refused);
  });
}

test("a promotion that another way cannot mend either is neither forced nor advised to be", async (t) => {
  const { exitCode, stderr, calls } = await promote(t, {
    ...away,
    planned: "forbidden",
    acceptedLoss: ago(60),
  });
  t.is(exitCode, 1);
  t.is(stderr, "promotion: failover: 403 AuthorizationFailed: a role is missing");
  t.deepEqual(calls, refused);
});

test("a planned promotion that does not end is forced where the other server has been silent for minutes", async (t) => {
  const startedMs = Date.now();
  const silent = { ...away, planned: "never ends", lag: { seconds: 1, ago: 400 } } as const;
  const { exitCode, stdout, calls } = await promote(t, { ...silent, acceptedLoss: ago(500) });
  t.is(exitCode, 0);
  t.regex(stdout, /\nfailover: not finished in time; Azure may still finish it; forcing it, /);
  t.deepEqual(calls, [...refused, ...begun, "POST forceFailoverAllowDataLoss", "GET group"]);
  t.true(Date.now() - startedMs >= tooSlow);
});

test("a planned promotion that is only slow is not forced, whatever is accepted", async (t) => {
  const { exitCode, stderr, calls } = await promote(t, {
    ...away,
    planned: "never ends",
    lag: { seconds: 1, ago: 400 },
    lagAfter: { seconds: 1, ago: 0 },
    acceptedLoss: ago(500),
  });
  t.is(exitCode, 1);
  t.regex(
    stderr,
    /\n {2}the primary region's server still tells its lag: .*\n {2}In: .*; Azure may still finish /,
  );
  t.deepEqual(calls, [...refused, ...begun]);
});

test("a server that is no secondary any more has taken the role", async (t) => {
  const { exitCode, calls } = await promote(t, { ...away, planned: "taken" });
  t.is(exitCode, 0);
  t.deepEqual(calls, [...refused, "GET group", "GET group"]);
});

test("a conflict that outlasts the wait is forced where the loss is accepted", async (t) => {
  const { exitCode, calls } = await promote(t, {
    ...away,
    planned: "busy",
    lag: { seconds: 1, ago: 400 },
    acceptedLoss: ago(500),
  });
  t.is(exitCode, 0);
  t.deepEqual(calls.slice(-3), ["GET group", "POST forceFailoverAllowDataLoss", "GET group"]);
});

test("a promotion of which Azure gives no address is waited for by the role", async (t) => {
  const { exitCode, calls } = await promote(t, { ...away, planned: "no address" });
  t.is(exitCode, 0);
  t.true(calls.length > [...refused, "GET group"].length, calls.join());
  t.false(calls.includes("POST forceFailoverAllowDataLoss"));
});

test("while something else is under way on the server, a promotion is asked for again", async (t) => {
  const { exitCode, calls } = await promote(t, { ...away, planned: "under way" });
  t.is(exitCode, 0);
  const again = ["POST failover", "GET group"];
  t.deepEqual(calls, [...begun, ...again, ...again, ...again]);
});

test("a promotion whose answer was lost is found by the role that came of it", async (t) => {
  const { exitCode, calls } = await promote(t, { ...away, planned: "answer lost" });
  t.is(exitCode, 0);
  t.deepEqual(calls, [...refused, "POST failover", "GET group", "GET group"]);
});

test("a connection that ends without an answer is tried again", async (t) => {
  const { exitCode, calls } = await promote(t, { primary: "primary", target: "primary", cut: 1 });
  t.is(exitCode, 0);
  t.deepEqual(calls, ["GET group"]);
});

test("a cloud that nobody answers for is named with what the system said", async (t) => {
  // Another test's server may get any free port of 127.0.0.1.
  await t.throwsAsync(askUntil(Date.now(), "http://127.1.1.1:8443/x", {}), {
    message: /^http:\/\/127\.1\.1\.1:8443\/x: fetch failed: .*ECONNREFUSED/,
  });
});

test("the way back waits until the old server streams", async (t) => {
  const { exitCode, stdout, calls } = await promote(t, { ...back, planned: "streams later" });
  t.is(exitCode, 0);
  t.regex(
    stdout,
    /^failover: 400 PlannedFailoverTimedOut: .*; trying again for up to 4 s, until the old server streams\n/,
  );
  t.deepEqual(calls, ["GET group", "POST failover", "POST failover", "GET group"]);
});

for (const planned of ["timed out", "broken"] as const)
  test(`the way back is never forced, whatever is accepted: ${planned}`, async (t) => {
    const { exitCode, stderr, calls } = await promote(t, {
      ...back,
      planned,
      acceptedLoss: ago(60),
    });
    t.is(exitCode, 1);
    t.regex(
      stderr,
      /^PROMOTION_REFUSED\n.*\n.* did not take the role back within 4 s\. The way back is never forced\.\n/,
    );
    t.false(calls.includes("POST forceFailoverAllowDataLoss"));
  });
