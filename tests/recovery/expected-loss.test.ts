import test from "ava";
import { expectedLoss } from "../../recovery/expected-loss.ts";
import { startArmStub } from "../infra/arm-stub.ts";
import { fakeStack } from "./fake-stack.ts";

const promotion = {
  FAILOVER_GROUP: "group",
  FAILOVER_DATABASE: "database",
  FAILOVER_SERVER_PRIMARY: "/servers/primary",
  FAILOVER_SERVER_SECONDARY: "/servers/secondary",
  FAILOVER_TARGET: "primary",
};
const credentials = { ARM_TENANT_ID: "tenant", ARM_CLIENT_ID: "client", ARM_CLIENT_SECRET: "secret" };

test("what a switch to the replica can lose is read as the promotion reads it, with Pulumi's credentials", async (t) => {
  const arm = await startArmStub({ primary: "primary", lag: { seconds: 3, ago: 20 } });
  t.teardown(() => arm.close());
  const env = { ...credentials, ARM_METADATA_HOSTNAME: arm.host };
  const { workspace } = await fakeStack({ promotion, env });
  const { seconds, survivesBefore, text } = await expectedLoss(workspace, "database");
  t.true(seconds !== null && seconds >= 23 && seconds <= 28, text);
  t.regex(survivesBefore ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  t.true(
    text.includes(`everything committed before ${survivesBefore} is on the replica (lag 3 s, read 2`),
    text,
  );
  t.deepEqual(arm.calls, ["GET group", "GET metrics"]);
});

test("where Azure cannot be asked the loss is not known, and that is said", async (t) => {
  const { workspace } = await fakeStack({ promotion, env: { ARM_METADATA_HOSTNAME: "" } });
  const { seconds, survivesBefore, text } = await expectedLoss(workspace, "database");
  t.deepEqual([seconds, survivesBefore], [null, null]);
  t.is(text, "how many writes are lost cannot be said (expected loss: ARM_TENANT_ID is not set)");
});

test("a switch to the other storage account loses no job, and says which are deferred", async (t) => {
  const { workspace } = await fakeStack({});
  const { seconds, text } = await expectedLoss(workspace, "storage");
  t.is(seconds, 0);
  t.regex(text, /^jobs that wait in the account's queue are deferred until it is back, and none is lost: /);
});
