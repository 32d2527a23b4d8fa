import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { Properties } from "../rpc.ts";
import { pathParameters } from "./body.ts";
import { inputShapes, itemForm, outputShapes, type Shape, type Shapes, valueForm } from "./shapes.ts";
import { isObject } from "./values.ts";

/** Always beside `properties`, even where a field inside has the same name. */
const resourceKeys = new Set(["id", "name", "type", "etag"]);

interface Reading {
  row: ResourceType;
  shapes: Shapes;
}

/** An object on its way from ARM's form into the SDK's; see Place in body.ts. */
interface Place {
  at: string;
  shape: Shape;
  envelope: readonly string[] | undefined;
}

/** What the engine keeps of a resource: everything the SDK declares that the answer has, and the API's version. */
export function outputsOf(row: ResourceType, body: Properties): Properties {
  const shape = outputShapes.ofResource(row.token);
  const outputs = read({ row, shapes: outputShapes }, { at: "", shape, envelope: row.envelope }, body);
  return { ...outputs, azureApiVersion: row.apiVersion };
}

/** The inputs that would have led to this body, for an import; those in the path are not among them. */
export function inputsOfBody(row: ResourceType, body: Properties): Properties {
  const parameters = new Set([...pathParameters(row), "id"]);
  const shape = inputShapes.ofResource(row.token).filter(({ name }) => !parameters.has(name));
  const inputs = read({ row, shapes: inputShapes }, { at: "", shape, envelope: row.envelope }, body);
  return (withoutEmpty(inputs) ?? {}) as Properties;
}

/** The inputs' part of outputs: what is read-only is left out. For a refresh. */
export function inputsOfOutputs(row: ResourceType, outputs: Properties): Properties {
  const parameters = new Set([...pathParameters(row), "id"]);
  const shape = inputShapes.ofResource(row.token).filter(({ name }) => !parameters.has(name));
  return read({ row, shapes: inputShapes }, { at: "", shape, envelope: undefined }, outputs);
}

function read(reading: Reading, { at, shape, envelope }: Place, body: Properties): Properties {
  const result: Properties = {};
  const declared = shape.some(({ name }) => name === "properties");
  const inner = isObject(body.properties) && !declared ? body.properties : {};
  for (const { name, form } of shape) {
    const path = `${at}${name}`;
    const key = reading.row.renamed?.[path] ?? name;
    const outside = body[key] ?? body[name];
    const inside = inner[key] ?? inner[name];
    const isBeside = (envelope?.includes(name) ?? false) || resourceKeys.has(name);
    const value = isBeside ? (outside ?? inside) : (inside ?? outside);
    if (value !== undefined && value !== null) result[name] = readValue(reading, path, { form, value });
  }
  return result;
}

function readValue(
  reading: Reading,
  path: string,
  { form, value }: { form: string; value: unknown },
): unknown {
  const item = itemForm(form);
  if (item === "string" && isObject(value)) return Object.keys(value);
  if (item !== undefined && Array.isArray(value)) {
    return value.map((each: unknown) => readValue(reading, `${path}[]`, { form: item, value: each }));
  }
  const inner = valueForm(form);
  if (inner !== undefined && isObject(value)) {
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, each]) => [key, readValue(reading, `${path}{}`, { form: inner, value: each })]),
    );
  }
  const shape = reading.shapes.ofForm(form);
  if (!shape || !isObject(value)) return value;
  return read(reading, { at: `${path}.`, shape, envelope: reading.row.flattened?.[path] }, value);
}

/** An answer is full of empty arrays and objects that nobody asked for. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutEmpty(inner)] as const);
  const full = entries.filter(([, inner]) => inner !== undefined);
  return full.length > 0 ? Object.fromEntries(full) : undefined;
}
