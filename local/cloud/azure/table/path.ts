/** The parts of an ARM path. Names keep their case; compare them in lower case. */
export interface ArmPath {
  /** What is in front of the last /providers, without a slash at the end; "" at the tenant. */
  scope: string;
  subscriptionId: string | undefined;
  resourceGroupName: string | undefined;
  /** "Microsoft.Network/virtualNetworks/subnets", as written in the path. */
  type: string;
  segments: number;
  /** One less than `segments` when the path is that of a collection. */
  names: string[];
}

/**
 * Reads the path of a resource or of a collection. Of a resource on a resource (a role assignment) the last
 * /providers counts. Without any it is the subscription's resource groups.
 * @returns undefined when it is none of these.
 */
export function parsePath(path: string): ArmPath | undefined {
  const parts = path.split("/").slice(1).map(decode);
  const at = parts.findLastIndex((part) => part.toLowerCase() === "providers");
  const place = readPlace(parts);
  if (at === -1) return groupPath(parts, place);
  const scope = parts
    .slice(0, at)
    .map((part) => `/${part}`)
    .join("");
  const [namespace, ...rest] = parts.slice(at + 1);
  if (!namespace || rest.length === 0 || rest.includes("")) return undefined;
  const segments = rest.filter((_, index) => index % 2 === 0);
  const names = rest.filter((_, index) => index % 2 === 1);
  return { scope, ...place, type: [namespace, ...segments].join("/"), segments: segments.length, names };
}

type Place = Pick<ArmPath, "subscriptionId" | "resourceGroupName">;

function groupPath(parts: readonly string[], place: Place): ArmPath | undefined {
  const isGroup = parts[0]?.toLowerCase() === "subscriptions" && parts[2]?.toLowerCase() === "resourcegroups";
  if (!isGroup || parts.length > 4 || parts.includes("")) return undefined;
  const type = "Microsoft.Resources/resourceGroups";
  return { scope: `/subscriptions/${parts[1]}`, ...place, type, segments: 1, names: parts.slice(3) };
}

function readPlace(parts: readonly string[]): Place {
  const valueAfter = (at: number, key: string) =>
    parts[at]?.toLowerCase() === key ? parts[at + 1] : undefined;
  return {
    subscriptionId: valueAfter(0, "subscriptions"),
    resourceGroupName: valueAfter(2, "resourcegroups"),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone % is no encoding; ARM then takes the characters as they are.
    return part;
  }
}
