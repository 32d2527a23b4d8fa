import type { Cloud } from "./cloud.ts";
import { canonical, objectAt, without, type Json } from "./document.ts";
import { hashedId } from "./hashed-id.ts";
import type { Resource } from "./resource.ts";
import { rulesOf } from "./rules/table.ts";

/** Types whose properties tell how far their last write has come. */
const withState =
  /^Microsoft\.(Resources|Network|Compute)\/|^Microsoft\.Storage\/storageAccounts$|\/configurationStores$/;

/** A resource as GET answers it. */
export function view(resource: Resource, cloud: Cloud): Json {
  const { id, name, row, document, state } = resource;
  const rules = rulesOf(row.type);
  const children = rules.inline ? cloud.store.childrenOf(resource.key, rules.inline.type) : [];
  const properties = {
    ...document.properties,
    ...rules.outputs?.(resource, cloud),
    ...(rules.inline ? { [rules.inline.property]: children.map((child) => view(child, cloud)) } : {}),
    ...(withState.test(row.type) ? { provisioningState: state } : {}),
  };
  const tags = row.envelope.includes("tags") ? { tags: objectAt(document, "tags") } : {};
  const whole: Json = {
    id,
    name,
    type: row.type,
    ...tags,
    ...document,
    ...rules.envelope?.(resource, cloud),
    properties,
  };
  const visible = without(whole, rules.writeOnly ?? []);
  if (!row.type.startsWith("Microsoft.Network/")) return visible;
  return { ...visible, etag: `W/"${hashedId("etag", resource.key, canonical(document))}"` };
}
