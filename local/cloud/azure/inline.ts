import type { Change } from "./cloud.ts";
import { isObject, textAt, type Document, type Json } from "./document.ts";
import { checkReferences, checkUnused } from "./references.ts";
import type { Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";
import { typeOfName } from "./table/table.ts";
import { armError } from "./arm-error.ts";

/**
 * Makes the children of a resource those that came inside its body, and removes all others: a PUT of a virtual
 * network without subnets, or of a security group without rules, takes those that stand alone with it.
 */
export function writeInline(parent: Resource, sent: unknown, change: Change): void {
  const inline = rulesOf(parent.row.type).inline;
  const row = inline && typeOfName(inline.type);
  if (!row) return;
  const items: Json[] = Array.isArray(sent) ? sent.filter(isObject) : [];
  const { cloud } = change;
  const names = items.map((item) => textAt(item, "name")?.toLowerCase() ?? "");
  for (const child of cloud.store.childrenOf(parent.key, row.type)) {
    if (names.includes(child.name.toLowerCase())) continue;
    checkUnused(child, cloud.store);
    cloud.store.remove(child.key);
  }
  for (const item of items) {
    if (typeof item.name !== "string")
      throw armError("missingProperty", { property: `${inline.property}.name` });
    writeChild(item.name, isObject(item.properties) ? item.properties : {}, { parent, row, change });
  }
}

interface Place {
  parent: Resource;
  row: Resource["row"];
  change: Change;
}

function writeChild(name: string, sent: Json, { parent, row, change }: Place): void {
  const { cloud, caller } = change;
  const id = `${parent.id}/${row.type.split("/").at(-1)}/${name}`;
  const key = id.toLowerCase();
  const old = cloud.store.get(key);
  const properties = structuredClone(sent);
  delete properties.provisioningState;
  const document: Document = { properties };
  const child: Change = { row, id, key, name, parent, old, document, kept: {}, caller, cloud };
  checkReferences(child, cloud);
  rulesOf(row.type).accept?.(child);
  const createdAt = old?.createdAt ?? new Date().toISOString();
  cloud.store.put({
    row,
    id,
    key,
    name,
    parentKey: parent.key,
    groupKey: parent.groupKey,
    document,
    state: "Succeeded",
    createdAt,
    kept: child.kept,
  });
}
