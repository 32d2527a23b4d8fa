import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { CheckFailure } from "../answers.ts";
import { type Properties, unknownValue } from "../rpc.ts";
import { deriveName, type Naming } from "./names.ts";
import { inputShapes, itemForm, type Shape, valueForm } from "./shapes.ts";
import { isObject } from "./values.ts";

export interface Checked {
  inputs: Properties;
  failures: CheckFailure[];
}

/** The provider's own `location`, and a group's, asked of ARM. undefined when there is none. */
export interface Locations {
  configured: string | undefined;
  ofGroup: (name: string) => Promise<string | undefined>;
}

export interface CheckRequest extends Naming {
  olds: Properties;
  news: Properties;
}

/**
 * Fills in name, location and API version as azure-native does, and lists everything that is wrong. The path of a
 * property is in the reason, as the official plugin reports it. Stricter than that one in a single point: a
 * property that the SDK does not declare is refused, not dropped.
 */
export async function checkInputs(
  row: ResourceType,
  request: CheckRequest,
  locations: Locations,
): Promise<Checked> {
  const inputs: Properties = { ...request.news };
  const last = row.names.at(-1) ?? "";
  if (inputs[last] === undefined && row.singleton === undefined) {
    Object.assign(inputs, deriveName(row, request.olds, request));
  }
  const shape = inputShapes.ofResource(row.token);
  if (inputs.location === undefined && shape.some(({ name }) => name === "location")) {
    const location = await defaultLocation(inputs, request.olds, locations);
    if (location !== undefined) inputs.location = location;
  }
  inputs.azureApiVersion ??= row.apiVersion;
  return { inputs, failures: failuresOf(row, shape, inputs) };
}

async function defaultLocation(
  inputs: Properties,
  olds: Properties,
  { configured, ofGroup }: Locations,
): Promise<unknown> {
  if (olds.location !== undefined) return olds.location;
  if (configured !== undefined) return configured;
  const { resourceGroupName: group } = inputs;
  if (group === unknownValue) return unknownValue;
  return typeof group === "string" ? ofGroup(group) : undefined;
}

function failuresOf(row: ResourceType, shape: Shape, inputs: Properties): CheckFailure[] {
  const required = new Set(row.required);
  const strict = shape.map((property) =>
    required.has(property.name) ? { ...property, required: true } : property,
  );
  const { azureApiVersion: _, ...own } = Object.fromEntries(
    Object.entries(inputs).filter(([key]) => !key.startsWith("__")),
  );
  const failures = checkObject("", strict, own).map((reason) => ({ property: "", reason }));
  const last = row.names.at(-1) ?? "";
  const name = inputs[last];
  if (row.singleton === undefined || name === undefined || name === unknownValue || name === row.singleton) {
    return failures;
  }
  return [...failures, { property: "", reason: `'${last}' must be '${row.singleton}'` }];
}

function checkObject(at: string, shape: Shape, values: Properties): string[] {
  const forms = new Map(shape.map(({ name, form }) => [name, form]));
  const missing = shape.filter(({ name, required }) => required && values[name] === undefined);
  return [
    ...missing.map(({ name }) => missingReason(`${at}${name}`)),
    ...Object.entries(values).flatMap(([name, value]) => {
      const form = forms.get(name);
      return form === undefined
        ? [`unknown property '${at}${name}'`]
        : checkValue(`${at}${name}`, form, value);
    }),
  ];
}

function missingReason(path: string): string {
  const hint =
    ". Either set it explicitly or configure it with 'pulumi config set azure-native:location <value>'.";
  return `missing required property '${path}'${path === "location" ? hint : ""}`;
}

function checkValue(path: string, form: string, value: unknown): string[] {
  if (value === unknownValue || form === "any") return [];
  if (Array.isArray(value)) {
    const item = itemForm(form);
    if (item === undefined) return [mismatch(path, form, "an array")];
    return value.flatMap((each: unknown, index) => checkValue(`${path}[${index}]`, item, each));
  }
  if (isObject(value)) {
    const inner = valueForm(form);
    if (inner !== undefined) {
      return Object.entries(value).flatMap(([key, each]) => checkValue(`${path}.${key}`, inner, each));
    }
    const shape = inputShapes.ofForm(form);
    return shape ? checkObject(`${path}.`, shape, value) : [mismatch(path, form, "an object")];
  }
  return typeof value === form ? [] : [mismatch(path, form, `a ${typeof value}`)];
}

function mismatch(path: string, form: string, got: string): string {
  const type =
    itemForm(form) === undefined ? (form.includes(".") || valueForm(form) ? "object" : form) : "array";
  return `'${path}' should be of type '${type}' but got ${got}`;
}
