import * as fc from "fast-check";
import type { ResourceType } from "../../../../local/cloud/azure/table/row.ts";
import { pathParameters } from "../../../../local/plugins/azure-native/body.ts";
import {
  inputShapes,
  itemForm,
  type Shape,
  valueForm,
} from "../../../../local/plugins/azure-native/shapes.ts";
import type { Properties } from "../../../../local/plugins/rpc.ts";

const deepest = 5;
const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const simple: Record<string, fc.Arbitrary<unknown>> = {
  string: word,
  number: fc.integer({ min: 1, max: 99 }),
  boolean: fc.boolean(),
  any: word,
};

/** Any inputs of a type that the SDK takes, without those in the path, and without anything empty. */
export function inputsOf(row: ResourceType): fc.Arbitrary<Properties> {
  const skipped = new Set([...pathParameters(row), "id"]);
  const shape = inputShapes.ofResource(row.token).filter(({ name }) => !skipped.has(name));
  return objectOf(shape, 0);
}

/** One to four of the properties: more than that says nothing new and takes long. */
function objectOf(shape: Shape, depth: number): fc.Arbitrary<Properties> {
  const usable = shape.filter(({ form }) => depth < deepest || form in simple);
  return fc.subarray(usable, { minLength: 1, maxLength: Math.min(4, usable.length) }).chain((chosen) => {
    const parts = chosen.map(({ name, form }) => [name, valueOf(form, depth + 1)] as const);
    return fc.record(Object.fromEntries(parts)) as fc.Arbitrary<Properties>;
  });
}

function valueOf(form: string, depth: number): fc.Arbitrary<unknown> {
  const item = itemForm(form);
  if (item === "string") return fc.uniqueArray(word, { minLength: 1, maxLength: 2 });
  if (item !== undefined) return fc.array(valueOf(item, depth), { minLength: 1, maxLength: 2 });
  const inner = valueForm(form);
  if (inner !== undefined) return fc.dictionary(word, valueOf(inner, depth), { minKeys: 1, maxKeys: 2 });
  const shape = inputShapes.ofForm(form);
  return shape ? objectOf(shape, depth) : (simple[form] ?? word);
}
