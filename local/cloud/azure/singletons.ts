import type { Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";
import { resourceTypes } from "./table/table.ts";
import type { ResourceType } from "./table/row.ts";

/** The types whose one instance Azure makes together with its parent. */
export function singletonsOf({ type }: ResourceType): ResourceType[] {
  return resourceTypes.filter(
    (row) =>
      row.singleton !== undefined &&
      row.type.startsWith(`${type}/`) &&
      row.type.split("/").length === type.split("/").length + 1,
  );
}

/** Such an instance as it is before anybody writes it. */
export function singletonUnder(parent: Resource, row: ResourceType): Resource {
  const name = row.singleton ?? "default";
  const id = `${parent.id}/${row.type.split("/").at(-1)}/${name}`;
  const properties = structuredClone(rulesOf(row.type).defaults ?? {});
  const { groupKey, createdAt } = parent;
  return {
    row,
    id,
    key: id.toLowerCase(),
    name,
    parentKey: parent.key,
    groupKey,
    document: { properties },
    state: "Succeeded",
    createdAt,
    kept: {},
  };
}
