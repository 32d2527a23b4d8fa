import { textAt, objectAt, type Json } from "../document.ts";
import type { Resource } from "../resource.ts";
import { keyOf } from "../rules/configuration.ts";

/** One key-value as the data plane shows it. */
export interface KeyValue {
  etag: string;
  key: string;
  label: string | null;
  content_type: string;
  value: string;
  tags: Json;
  locked: false;
  last_modified: string;
}

export function keyValueOf({ name, document, kept }: Resource): KeyValue {
  const { key, label } = keyOf(name);
  return {
    etag: String(kept.etag),
    key,
    label: label ?? null,
    content_type: textAt(document.properties, "contentType") ?? "",
    value: textAt(document.properties, "value") ?? "",
    tags: objectAt(document.properties, "tags"),
    locked: false,
    last_modified: String(kept.lastModified),
  };
}

/** By the filters of learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value#filtering: `*` at the end, `,` between. */
export function filtered(all: readonly KeyValue[], query: URLSearchParams): KeyValue[] {
  const keys = query.get("key") ?? "*";
  const labels = query.get("label") ?? "*";
  const found = all.filter(({ key, label }) => fits(key, keys) && fits(label ?? "\0", labels));
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** "\0" as text, or the character itself, is no label. */
function fits(value: string, filter: string): boolean {
  return filter.split(/(?<!\\),/).some((each) => {
    const plain = each.replaceAll("\\0", "\0").replaceAll(/\\(.)/g, "$1");
    return each.endsWith("*") && !each.endsWith("\\*")
      ? value.startsWith(plain.slice(0, -1))
      : value === plain;
  });
}
