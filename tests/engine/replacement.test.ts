import test from "ava";
import { databaseFrozen, stateful } from "../../infra/components/sql-server.ts";
import { databaseId, declareAccount, declareDatabase, declareMachine } from "./throw-away-plant.ts";
import { throwAwayStack } from "./throw-away-stack.ts";

const replacedDeleteFirst = (what: string) => [
  `delete-replaced ${what}`,
  `replace ${what}`,
  `create-replacement ${what}`,
];

test("a database whose createMode is flipped is deleted before it is restored from: the data are gone", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareDatabase({ createMode: "Default", options: {} }));
  stack.writes();
  const flipped = () => declareDatabase({ createMode: "PointInTimeRestore", options: {} });
  t.deepEqual(await stack.plan(flipped), replacedDeleteFirst("Database database"));
  const error = await t.throwsAsync(stack.up(flipped));
  t.regex(error.message, /SourceDatabaseNotFound/);
  t.deepEqual(stack.writes(), ["DELETE databases/saas", "PUT databases/saas"]);
  t.is((await stack.cloud.call("GET", databaseId)).status, 404);
});

test("protect refuses that replacement before anything is sent", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareDatabase({ createMode: "Default", options: { protect: true } }));
  stack.writes();
  const flipped = () => declareDatabase({ createMode: "PointInTimeRestore", options: { protect: true } });
  for (const act of ["plan", "up"] as const) {
    await t.throwsAsync(stack[act](flipped), { message: /unable to replace resource .*protect/s });
  }
  t.deepEqual(stack.writes(), []);
  t.is((await stack.cloud.call("GET", databaseId)).status, 200);
});

test("with the stacks' own options the same flip does not even reach the plan", async (t) => {
  const stack = await throwAwayStack(t);
  const options = { ...stateful, ignoreChanges: databaseFrozen };
  await stack.up(() => declareDatabase({ createMode: "Default", options }));
  stack.writes();
  t.deepEqual(await stack.up(() => declareDatabase({ createMode: "PointInTimeRestore", options })), []);
  t.deepEqual(stack.writes(), []);
});

test("a storage account that moves to another region is deleted and made again, unless it is protected", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareAccount("westeurope", {}));
  stack.writes();
  t.deepEqual(
    await stack.up(() => declareAccount("northeurope", {})),
    replacedDeleteFirst("StorageAccount account"),
  );
  t.deepEqual(stack.writes(), ["DELETE storageAccounts/saasstore1", "PUT storageAccounts/saasstore1"]);
  await stack.up(() => declareAccount("northeurope", stateful));
  await t.throwsAsync(
    stack.up(() => declareAccount("westeurope", stateful)),
    { message: /unable to replace resource .*protect/s },
  );
});

test("new contents replace an API server, the old machine first", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareMachine("one", "replaced"));
  stack.writes();
  const steps = await stack.up(() => declareMachine("two", "replaced"));
  t.deepEqual(steps, replacedDeleteFirst("VirtualMachine api-main"));
  t.deepEqual(stack.writes(), ["DELETE virtualMachines/saas-api-main", "PUT virtualMachines/saas-api-main"]);
  t.regex(stack.cloud.plant.asked("boot").at(-1)?.customData ?? "", /# two/);
});

test("new contents leave a load balancer as it is", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareMachine("one", "ignored"));
  t.deepEqual(await stack.up(() => declareMachine("two", "ignored")), []);
});

test("left to the provider, new contents are an update in place, which Azure refuses", async (t) => {
  const stack = await throwAwayStack(t);
  await stack.up(() => declareMachine("one", "plainly"));
  t.deepEqual(await stack.plan(() => declareMachine("two", "plainly")), ["update VirtualMachine api-main"]);
  const error = await t.throwsAsync(stack.up(() => declareMachine("two", "plainly")));
  t.regex(error.message, /PropertyChangeNotAllowed.*customData/s);
});
