import test from "ava";
import type { ResourceType } from "../../../../local/cloud/azure/table/row.ts";
import { resourceTypes, typeOfToken } from "../../../../local/cloud/azure/table/table.ts";
import { pathParameters } from "../../../../local/plugins/azure-native/body.ts";
import { diffInputs } from "../../../../local/plugins/azure-native/diff.ts";
import type { Properties } from "../../../../local/plugins/rpc.ts";

const row = (name: string): ResourceType => typeOfToken(`azure-native:${name}`)!;

function diff(type: ResourceType, ...[inputs, news, outputs = {}]: Properties[]) {
  const { changes, deleteBeforeReplace } = diffInputs(type, { inputs: inputs ?? {}, outputs }, news ?? {});
  const list = changes.map(({ property, kind, replaces }) => `${replaces ? "+" : ""}${kind} ${property}`);
  return { list: list.toSorted(), deleteBeforeReplace };
}

for (const type of resourceTypes) {
  test(`${type.token}: path parameters and create-only inputs replace it, the rest changes in place`, (t) => {
    const named = type.singleton === undefined ? pathParameters(type) : pathParameters(type).slice(0, -1);
    for (const name of [...named, ...type.createOnly]) {
      t.deepEqual(diff(type, { [name]: "a" }, { [name]: "b" }), {
        list: [`+update ${name}`],
        deleteBeforeReplace: true,
      });
    }
    t.deepEqual(diff(type, { description: "a" }, { description: "b" }).list, ["update description"]);
  });
}

test("a made-up name lets the new resource stand beside the old one", (t) => {
  const inputs = { location: "westeurope", __createBeforeDelete: true };
  const news = { location: "northeurope", __createBeforeDelete: true };
  t.deepEqual(diff(row("network:VirtualNetwork"), inputs, news), {
    list: ["+update location"],
    deleteBeforeReplace: false,
  });
});

test("hidden keys, the spelling of a location and a singleton's own name are no difference", (t) => {
  const group = row("resources:ResourceGroup");
  t.deepEqual(diff(group, { location: "West Europe", __a: 1 }, { location: "westeurope", __a: 2 }).list, []);
  t.deepEqual(diff(row("sql:BackupShortTermRetentionPolicy"), {}, { policyName: "default" }).list, []);
});

test("differences are named by path, down to the element", (t) => {
  const olds = {
    sku: { name: "S", capacity: 1 },
    zones: ["1"],
    ipConfigurations: [{ name: "a", subnet: { id: "x" } }],
  };
  const news = {
    sku: { name: "S", capacity: 2 },
    zones: ["1", "2"],
    ipConfigurations: [{ name: "a", subnet: { id: "y" } }],
    tags: {},
  };
  t.deepEqual(diff(row("network:NetworkInterface"), olds, news).list, [
    "add tags",
    "add zones[1]",
    "update ipConfigurations[0].subnet.id",
    "update sku.capacity",
  ]);
});

test("a part of a create-only property replaces as the whole would", (t) => {
  const group = row("sql:FailoverGroup");
  const olds = { partnerServers: [{ id: "/a" }] };
  t.deepEqual(diff(group, olds, { partnerServers: [{ id: "/b" }] }).list, ["+update partnerServers[0].id"]);
  t.deepEqual(diff(row("sql:Database"), { createMode: "PointInTimeRestore" }, {}).list, [
    "+delete createMode",
  ]);
});

test("to state what the cloud chose itself replaces nothing", (t) => {
  const database = row("sql:Database");
  const outputs = { collation: "SQL_Latin1_General_CP1_CI_AS" };
  t.deepEqual(diff(database, {}, outputs, outputs).list, ["add collation"]);
  t.deepEqual(diff(database, {}, { collation: "other" }, outputs).list, ["+add collation"]);
});

test("an API version that an older state does not hold as input is no difference", (t) => {
  const version = { azureApiVersion: "2024-03-01" };
  t.deepEqual(diff(row("resources:ResourceGroup"), {}, version, version).list, []);
});
