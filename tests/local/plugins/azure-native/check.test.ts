import test from "ava";
import * as fc from "fast-check";
import type { ResourceType } from "../../../../local/cloud/azure/table/row.ts";
import { resourceTypes, typeOfToken } from "../../../../local/cloud/azure/table/table.ts";
import { checkInputs, type CheckRequest } from "../../../../local/plugins/azure-native/check.ts";
import { createBeforeDelete } from "../../../../local/plugins/azure-native/names.ts";
import { type Properties, unknownValue } from "../../../../local/plugins/rpc.ts";
import { inputsOf } from "./inputs-arbitrary.ts";

const row = (name: string): ResourceType => typeOfToken(`azure-native:${name}`)!;
const nowhere = { configured: undefined, ofGroup: () => Promise.resolve(undefined) };

function request(news: Properties, more: Partial<CheckRequest> = {}): CheckRequest {
  const randomSeed = Buffer.from("seed");
  return { urn: "urn:pulumi:s::p::t::lb", olds: {}, news, randomSeed, autonaming: undefined, ...more };
}

const check = (name: string, news: Properties, more?: Partial<CheckRequest>) =>
  checkInputs(row(name), request(news, more), nowhere);
const reasons = async (name: string, news: Properties) =>
  (await check(name, news)).failures.map(({ reason }) => reason);

const group = { resourceGroupName: "plant", location: "westeurope" };

for (const type of resourceTypes) {
  test(`${type.token}: every required input is missed, by its path`, async (t) => {
    const { failures } = await checkInputs(
      type,
      request({}, { autonaming: { mode: "disable", proposedName: "" } }),
      nowhere,
    );
    const text = failures.map(({ reason }) => reason).join("\n");
    for (const name of type.required) t.regex(text, new RegExp(`missing required property '${name}'`));
  });

  test(`${type.token}: a property that the SDK does not declare is refused, by its path`, async (t) => {
    const { failures } = await checkInputs(type, request({ colour: "red" }), nowhere);
    t.true(failures.some(({ reason }) => reason === "unknown property 'colour'"));
  });
}

test("whatever the SDK's types allow has no wrong form and no unknown property", async (t) => {
  for (const type of resourceTypes) {
    const inputs = fc.asyncProperty(inputsOf(type), async (news) => {
      const { failures } = await checkInputs(type, request(news), nowhere);
      t.deepEqual(
        failures.filter(({ reason }) => !reason.startsWith("missing")),
        [],
      );
    });
    await fc.assert(inputs, { numRuns: 20 });
  }
});

test("a name is the logical name and 8 hex digits, the same for the same seed", async (t) => {
  const first = await check("network:NetworkSecurityGroup", group);
  t.regex(String(first.inputs.networkSecurityGroupName), /^lb[0-9a-f]{8}$/);
  t.true(first.inputs[createBeforeDelete]);
  t.deepEqual((await check("network:NetworkSecurityGroup", group)).inputs, first.inputs);
  const other = await check("network:NetworkSecurityGroup", group, { randomSeed: Buffer.from("other") });
  t.not(other.inputs.networkSecurityGroupName, first.inputs.networkSecurityGroupName);
});

test("a child copies the logical name, a role assignment is a UUID, and a recorded name stays", async (t) => {
  const rule = await check("network:SecurityRule", group);
  t.like(rule.inputs, { securityRuleName: "lb", [createBeforeDelete]: undefined });
  const role = await check("authorization:RoleAssignment", { scope: "/subscriptions/s" });
  t.regex(String(role.inputs.roleAssignmentName), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const olds = { networkSecurityGroupName: "old", [createBeforeDelete]: true };
  const kept = await check("network:NetworkSecurityGroup", group, { olds });
  t.like(kept.inputs, olds);
});

test("the engine's naming is proposed, enforced, or off", async (t) => {
  const named = async (mode: "propose" | "enforce" | "disable", type: string) =>
    (await check(type, group, { autonaming: { mode, proposedName: "mine" } })).inputs;
  t.is((await named("propose", "network:SecurityRule")).securityRuleName, "mine");
  t.is((await named("enforce", "authorization:RoleAssignment")).roleAssignmentName, "mine");
  t.not((await named("propose", "authorization:RoleAssignment")).roleAssignmentName, "mine");
  t.is((await named("disable", "network:SecurityRule")).securityRuleName, undefined);
});

test("a location is the recorded one, the provider's, or the group's, asked in this order", async (t) => {
  const asked: string[] = [];
  const ofGroup = (name: string) => {
    asked.push(name);
    return Promise.resolve("northeurope");
  };
  const located = async (configured: string | undefined, olds: Properties, news: Properties) => {
    const type = row("network:NetworkSecurityGroup");
    return (await checkInputs(type, request(news, { olds }), { configured, ofGroup })).inputs.location;
  };
  const news = { resourceGroupName: "plant" };
  t.is(await located("uksouth", { location: "westeurope" }, news), "westeurope");
  t.is(await located("uksouth", {}, news), "uksouth");
  t.deepEqual(asked, []);
  t.is(await located(undefined, {}, news), "northeurope");
  t.is(await located(undefined, {}, { resourceGroupName: unknownValue }), unknownValue);
  t.deepEqual(asked, ["plant"]);
});

test("a missing location says how to set one", async (t) => {
  const hint =
    "Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'.";
  t.deepEqual(await reasons("resources:ResourceGroup", {}), [
    `missing required property 'location'. ${hint}`,
  ]);
});

test("wrong forms and what is wrong deep inside are named by path", async (t) => {
  const ipConfigurations = [{ name: "main" }, { name: 1, subent: {} }, "x"];
  const found = await reasons("network:NetworkInterface", { ...group, ipConfigurations, tags: { a: 1 } });
  t.deepEqual(found.toSorted(), [
    "'ipConfigurations[1].name' should be of type 'string' but got a number",
    "'ipConfigurations[2]' should be of type 'object' but got a string",
    "'tags.a' should be of type 'string' but got a number",
    "unknown property 'ipConfigurations[1].subent'",
  ]);
  t.deepEqual(await reasons("network:NetworkInterface", { ...group, ipConfigurations: "x" }), [
    "'ipConfigurations' should be of type 'array' but got a string",
  ]);
});

test("unknown values pass, a singleton has one name, and the API's version is filled in", async (t) => {
  const unknown = { ...group, ipConfigurations: unknownValue };
  t.deepEqual(await reasons("network:NetworkInterface", unknown), []);
  const policy = { resourceGroupName: "plant", serverName: "s", databaseName: "d" };
  const type = "sql:BackupShortTermRetentionPolicy";
  t.like(await check(type, policy), { failures: [], inputs: { azureApiVersion: "2023-08-01" } });
  t.deepEqual(await reasons(type, { ...policy, policyName: "default" }), []);
  t.deepEqual(await reasons(type, { ...policy, policyName: "mine" }), ["'policyName' must be 'default'"]);
});
