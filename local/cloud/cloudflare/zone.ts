import { ApiError } from "./api-error.ts";

/** No real zone or account has these ids, so nothing recorded here can be replayed against a real one. */
export const zoneId = "0".repeat(32);
const accountId = zoneId;

/** The zone as `GET /zones` answers it. */
export function describeZone(name: string, createdOn: string): Record<string, unknown> {
  return {
    id: zoneId,
    name,
    status: "active",
    paused: false,
    type: "full",
    development_mode: 0,
    name_servers: [`ns1.${name}`],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: createdOn,
    modified_on: createdOn,
    activated_on: createdOn,
    vanity_name_servers: [],
    meta: { step: 4, custom_certificate_quota: 0, page_rule_quota: 3, phishing_detected: false },
    owner: { id: null, type: "user", email: null },
    account: { id: accountId, name: "local cloud" },
    tenant: { id: null, name: null },
    tenant_unit: { id: null },
    permissions: ["#dns_records:edit", "#dns_records:read", "#zone:read", "#zone_settings:edit"],
    plan: {
      id: accountId,
      name: "Free Website",
      price: 0,
      currency: "USD",
      frequency: "",
      is_subscribed: false,
      can_subscribe: false,
      legacy_id: "free",
      legacy_discount: false,
      externally_managed: false,
    },
  };
}

const onOff = ["on", "off"];

/** Kept and answered, but the local edge does not act on them. The first value is a new zone's. */
const settingValues: Record<string, readonly (string | number)[]> = {
  always_use_https: onOff.toReversed(),
  automatic_https_rewrites: onOff,
  browser_cache_ttl: [14_400, 0, 1800, 3600, 7200, 28_800, 86_400],
  development_mode: onOff.toReversed(),
  http3: onOff,
  ipv6: onOff,
  min_tls_version: ["1.0", "1.1", "1.2", "1.3"],
  opportunistic_encryption: onOff,
  security_level: ["medium", "off", "essentially_off", "low", "high", "under_attack"],
  ssl: ["full", "off", "flexible", "strict"],
  tls_1_3: onOff,
  websockets: onOff,
};

interface ZoneSetting {
  id: string;
  value: unknown;
  editable: boolean;
  modified_on: string | null;
}

/** The settings of one zone by their id. */
export class ZoneSettings {
  readonly #settings = new Map<string, ZoneSetting>(
    Object.entries(settingValues).map(([id, [value]]) => [
      id,
      { id, value, editable: true, modified_on: null },
    ]),
  );

  list(): ZoneSetting[] {
    return [...this.#settings.values()];
  }

  get(id: string): ZoneSetting {
    const setting = this.#settings.get(id);
    if (!setting) throw new ApiError("unknownSetting");
    return setting;
  }

  set(id: string, value: unknown): ZoneSetting {
    const setting = this.get(id);
    const allowed: readonly unknown[] = settingValues[id] ?? [];
    if (!allowed.includes(value)) throw new ApiError("settingValue", { words: { setting: id } });
    const changed = { ...setting, value, modified_on: new Date().toISOString() };
    this.#settings.set(id, changed);
    return changed;
  }
}
