import { ArmError, armError } from "./arm-error.ts";
import type { Change } from "./cloud.ts";

/** Names taken by anybody: code, status and words by type. */
const taken: Readonly<Record<string, readonly [number, string, string]>> = {
  "Microsoft.Storage/storageAccounts": [
    409,
    "StorageAccountAlreadyTaken",
    "The storage account named {name} is already taken.",
  ],
  "Microsoft.Sql/servers": [
    409,
    "NameAlreadyExists",
    "The name '{name}' already exists. Choose a different name.",
  ],
  "Microsoft.Sql/servers/failoverGroups": [
    409,
    "FailoverGroupDnsRecordInUse",
    "The failover group name '{name}' is already in use.",
  ],
  "Microsoft.AppConfiguration/configurationStores": [
    409,
    "NameUnavailable",
    "The specified name is already in use: {name}.",
  ],
};

/** @throws ArmError 400 for a name against its type's rule, 409 for one that somebody else has. */
export function checkName({ row, name, old, key, cloud }: Change): void {
  const { pattern, minLength: min, maxLength: max, global } = row.nameRule;
  if (!pattern.test(name) || name.length < min || name.length > max) {
    throw armError("invalidName", { name, min, max, pattern: String(pattern) });
  }
  if (row.singleton !== undefined && name.toLowerCase() !== row.singleton) {
    throw armError("invalidName", { name, min, max, pattern: row.singleton });
  }
  if (!global || old) return;
  const same = cloud.store
    .ofType(row.type)
    .find((other) => other.name.toLowerCase() === name.toLowerCase() && other.key !== key);
  if (!same) return;
  const [status, code, words] = taken[row.type] ?? [
    409,
    "NameNotAvailable",
    "The name {name} is not available.",
  ];
  throw new ArmError(status, code, words.replace("{name}", name));
}
