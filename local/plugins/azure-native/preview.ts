import type { ResourceType } from "../../cloud/azure/table/row.ts";
import { type Properties, unknownValue } from "../rpc.ts";
import { itemForm, outputShapes, type Shape, valueForm } from "./shapes.ts";
import { isObject } from "./values.ts";

/** The universally unchangeable: known in the preview of an update. */
const stable = ["name", "location"];

/** A resource's outputs before it is created or updated: inputs as they are, everything else unknown. */
export function previewOutputs(row: ResourceType, inputs: Properties, olds: Properties = {}): Properties {
  const outputs = previewObject(outputShapes.ofResource(row.token), inputs);
  const known = stable.filter((name) => name in olds).map((name) => [name, olds[name]]);
  return { ...outputs, azureApiVersion: row.apiVersion, ...Object.fromEntries(known) };
}

function previewObject(shape: Shape, inputs: Properties): Properties {
  return Object.fromEntries(shape.map(({ name, form }) => [name, previewValue(form, inputs[name])]));
}

function previewValue(form: string, value: unknown): unknown {
  const item = itemForm(form);
  if (item !== undefined && Array.isArray(value)) {
    return value.map((each: unknown) => previewValue(item, each));
  }
  const inner = valueForm(form);
  if (inner !== undefined && isObject(value)) {
    const entries = Object.entries(value).map(([key, each]) => [key, previewValue(inner, each)]);
    return Object.fromEntries(entries);
  }
  const shape = outputShapes.ofForm(form);
  if (shape && isObject(value)) return previewObject(shape, value);
  const isAsTyped = form === "any" || typeof value === form;
  return value !== undefined && isAsTyped ? value : unknownValue;
}
