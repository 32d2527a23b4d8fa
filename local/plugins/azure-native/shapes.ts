import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Property to its form. A name that ends in "?" may be absent. */
type WrittenShape = Record<string, string>;

interface Written {
  resources: Record<string, WrittenShape>;
  types: Record<string, WrittenShape>;
}

export interface Property {
  name: string;
  /** "string", "number", "boolean", "any" or a type's name; "[]" or "{}" after it for an array or map of it. */
  form: string;
  required: boolean;
}

export type Shape = readonly Property[];

/** What the SDK declares, of the types in the resource table. */
export class Shapes {
  readonly #file: string;
  #written: Written | undefined;
  readonly #read = new Map<string, Shape>();

  constructor(file: string) {
    this.#file = join(import.meta.dirname, file);
  }

  /** Of a resource, by its token. */
  ofResource(token: string): Shape {
    return this.#remembered(token, () => this.#load().resources[token]) ?? [];
  }

  /** Of a form that is a type's name; undefined for the simple ones, arrays and maps. */
  ofForm(form: string): Shape | undefined {
    return form.includes(".") && !/[\]}]$/.test(form)
      ? this.#remembered(form, () => this.#load().types[form])
      : undefined;
  }

  #remembered(name: string, find: () => WrittenShape | undefined): Shape | undefined {
    const known = this.#read.get(name);
    if (known) return known;
    const written = find();
    if (!written) return undefined;
    const shape = Object.entries(written).map(([key, form]) => {
      const required = !key.endsWith("?");
      return { name: required ? key : key.slice(0, -1), form, required };
    });
    this.#read.set(name, shape);
    return shape;
  }

  #load(): Written {
    this.#written ??= JSON.parse(readFileSync(this.#file, "utf8")) as Written;
    return this.#written;
  }
}

/** What a program may set. */
export const inputShapes = new Shapes("input-shapes.json");

/** What a program may read. */
export const outputShapes = new Shapes("output-shapes.json");

/** What an array holds; undefined when the form is none. */
export function itemForm(form: string): string | undefined {
  return form.endsWith("[]") ? form.slice(0, -2) : undefined;
}

/** What a map holds; undefined when the form is none. */
export function valueForm(form: string): string | undefined {
  return form.endsWith("{}") ? form.slice(0, -2) : undefined;
}
