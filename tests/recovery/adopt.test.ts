import test from "ava";
import { adopt, needsAdoption } from "../../recovery/adopt.ts";
import { fakeStack, type FakeStack } from "./fake-stack.ts";

const older = "2026-11-24T01:00:00Z";
const newest = "2026-11-24T23:15:00Z";
const database = "saas-20261124T231500Z";
const restored: FakeStack = { restores: [older, newest], uses: database };

test("the newest restored database becomes the one that normal means, by pulumi config set", async (t) => {
  const { workspace, calls } = await fakeStack(restored);
  t.true(await needsAdoption(workspace));
  t.is(await adopt(workspace), database);
  t.deepEqual((await calls()).at(-1)?.split(" ").slice(0, 6), [
    ..."config set liveDatabase".split(" "),
    database,
    "-s",
    "failover",
  ]);
});

const next = (topology: string) =>
  `pulumi config set topology ${topology} -s failover && pulumi up -s failover`;
const refusals: Record<string, [stack: FakeStack, problem: string, next: string]> = {
  "no database was restored": [
    { restores: [], uses: "saas" },
    "restores is empty: no database was restored.",
    "pulumi config set --path 'failover-stacks:restores[0].at' ",
  ],
  "it is adopted": [
    { ...restored, liveDatabase: database },
    `${database} is adopted already: normal means it.`,
    next("normal"),
  ],
  "hosts use the old one": [
    { ...restored, uses: "saas" },
    `hosts use saas; ${database}, the newest restored one, can be adopted when they use it.`,
    next("database-restored"),
  ],
  "hosts use an earlier restore": [
    { ...restored, uses: "saas-20261124T010000Z" },
    `hosts use saas-20261124T010000Z; ${database}, the newest`,
    next("database-restored"),
  ],
};

for (const [when, [stack, problem, command]] of Object.entries(refusals)) {
  test(`nothing is adopted where ${when}`, async (t) => {
    const { workspace, calls } = await fakeStack(stack);
    t.false(await needsAdoption(workspace));
    const error = await t.throwsAsync(adopt(workspace), { message: /^NOTHING_TO_ADOPT\n/ });
    t.true(error.message.includes(`\n  ${problem}`), error.message);
    t.true(error.message.includes(`\n  Next: ${command}`), error.message);
    t.false((await calls()).some((call) => call.startsWith("config set")));
  });
}
