import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { Properties } from "../rpc.ts";
import { inputShapes, itemForm, type Shape, valueForm } from "./shapes.ts";
import { isObject } from "./values.ts";

/** The SDK takes a list of ids where ARM takes an object with a key for each. */
const stringSets = new Set(["userAssignedIdentities"]);

/** An object on its way from the SDK's form into ARM's. */
interface Place {
  row: ResourceType;
  /** "" at the top, else the object's path and a dot: "ipConfigurations[].subnet.". */
  at: string;
  shape: Shape;
  /** Keys beside `properties`. undefined: the object has no `properties` of its own. */
  envelope: readonly string[] | undefined;
}

/** Inputs that are part of the path and not of the body. */
export function pathParameters(row: ResourceType): string[] {
  const outer = { subscription: [], resourceGroup: ["resourceGroupName"], any: ["scope"] }[row.scope];
  return [...outer, ...row.names];
}

/** The body of a PUT. `maintained` arrays that are unset are left out. */
export function toBody(row: ResourceType, inputs: Properties): Properties {
  const parameters = new Set(pathParameters(row));
  const shape = inputShapes.ofResource(row.token).filter(({ name }) => !parameters.has(name));
  return write({ row, at: "", shape, envelope: row.envelope }, inputs);
}

function write(place: Place, values: Properties): Properties {
  const body: Properties = {};
  const inner: Properties = {};
  for (const { name, form } of place.shape) {
    const value = values[name] ?? undefined;
    if (value === undefined) continue;
    const path = `${place.at}${name}`;
    const target = place.envelope && !place.envelope.includes(name) ? inner : body;
    const written = stringSets.has(name) ? toSet(value) : writeValue(place.row, path, { form, value });
    target[place.row.renamed?.[path] ?? name] = written;
  }
  if (Object.keys(inner).length > 0) body.properties = inner;
  return body;
}

function writeValue(
  row: ResourceType,
  path: string,
  { form, value }: { form: string; value: unknown },
): unknown {
  const item = itemForm(form);
  if (item !== undefined && Array.isArray(value)) {
    return value.map((each: unknown) => writeValue(row, `${path}[]`, { form: item, value: each }));
  }
  const inner = valueForm(form);
  if (inner !== undefined && isObject(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, each]) => [key, writeValue(row, `${path}{}`, { form: inner, value: each })]),
    );
  }
  const shape = inputShapes.ofForm(form);
  if (!shape || !isObject(value)) return value;
  return write({ row, at: `${path}.`, shape, envelope: row.flattened?.[path] }, value);
}

function toSet(value: unknown): unknown {
  return Array.isArray(value) ? Object.fromEntries(value.map((id: string) => [id, {}])) : value;
}
