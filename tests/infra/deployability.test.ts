import { readFile } from "node:fs/promises";
import test from "ava";
import { typeOfToken } from "../../local/cloud/azure/table/table.ts";
import * as checks from "./deployability-checks.ts";
import { notes } from "./deployability-notes.ts";
import { filled, pageFile, sectionsOf } from "./deployability-page.ts";
import { type Deployable, deployables, plain } from "./deployability-programs.ts";
import { apiVersionOf, faultsOf } from "./deployability-sdk.ts";

let resources: Deployable[];

test.before(async () => {
  resources = await deployables();
});

const finds = test.macro((t, check: checks.Check) => {
  t.deepEqual(check(resources), []);
});

test("both stacks are looked at, whole", (t) => {
  t.true(resources.length > 70, `${resources.length} resources`);
  t.true(new Set(resources.map(({ type }) => type)).size > 20);
});

test("every input, nested ones too, is one that the SDK declares, with a value it allows", (t) => {
  const faults = resources.flatMap((resource) =>
    faultsOf(resource.type, plain(resource.inputs) as object).map(
      (fault) => `${checks.nameOf(resource)}: ${fault}`,
    ),
  );
  t.deepEqual(faults, []);
});

test("the API versions that the local cloud speaks are those that the SDK states", (t) => {
  for (const { type } of resources) t.is(typeOfToken(type)?.apiVersion, apiVersionOf(type), type);
});

test(
  "every id leads to a resource of the right type that one of the stacks declares",
  finds,
  checks.referencesAreDeclared,
);
test("every resource is inside of one that is declared", finds, checks.parentsAreDeclared);
test("every name keeps Azure's rules", finds, checks.namesKeepTheRules);
test("no resource is declared twice", finds, checks.namesAreTheirOwn);
test(
  "whatever can have a location states it, that of its resource group",
  finds,
  checks.locationsAreExplicit,
);
test("every role is the built-in one that its assignment is named for", finds, checks.rolesAreBuiltIn);
test("every machine's customData is cloud-config and fits", finds, checks.customDataFits);
test(
  "no secret is in the open: keys, certificates and customData are secrets of the state",
  finds,
  checks.plainInputsHoldNoSecret,
);
test(
  "every fixed address is in its subnet, not one of Azure's own, and taken once",
  finds,
  checks.staticAddressesAreFree,
);
test("every security rule has a priority of its own", finds, checks.rulesHaveTheirOwnPriorities);
test(
  "writes that Azure refuses while another is under way wait for each other",
  finds,
  checks.writesToOneThingAreInOrder,
);
test(
  "nothing attaches to a network that is still being written",
  finds,
  checks.networksAreWholeBeforeAnythingAttaches,
);

test("docs/deployability.md shows what the programs declare and switches ask for", async (t) => {
  const page = await readFile(pageFile, "utf8");
  t.is(page, filled(page, sectionsOf(resources)), "run: node tests/infra/deployability-page.ts");
});

test("of every type it is said what was read, and of no other", (t) => {
  const types = new Set(resources.map(({ type }) => type.slice("azure-native:".length)));
  t.deepEqual(Object.keys(notes).toSorted(), [...types].toSorted());
});
