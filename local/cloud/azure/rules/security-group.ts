import { ArmError } from "../arm-error.ts";
import { parseCidr } from "../cidr.ts";
import type { Change, Cloud, Rules } from "../cloud.ts";
import { textAt, valuesAt, type Json } from "../document.ts";
import { defaultRules, parsePorts, serviceTags } from "../effective-rules.ts";
import { referrersOf } from "../references.ts";
import type { Resource } from "../resource.ts";

const ruleType = "Microsoft.Network/networkSecurityGroups/securityRules";

export const securityGroup: Rules = {
  inline: { property: "securityRules", type: ruleType },
  carryOut: (_, { cloud }) => cloud.firewall.refresh(),
  outputs(resource, cloud) {
    const users = referrersOf(resource.key, cloud.store);
    const idsOf = (type: string) => users.filter(({ row }) => row.type === type).map(({ id }) => ({ id }));
    return {
      defaultSecurityRules: defaultRules.map(({ name, properties }) => ({
        id: `${resource.id}/defaultSecurityRules/${name}`,
        name,
        type: "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
        properties: { ...properties, provisioningState: "Succeeded" },
      })),
      networkInterfaces: idsOf("Microsoft.Network/networkInterfaces"),
      subnets: idsOf("Microsoft.Network/virtualNetworks/subnets"),
    };
  },
};

export const securityRule: Rules = {
  accept(change) {
    const { properties } = change.document;
    for (const [property, allowed] of Object.entries(choices)) checkChoice(properties, property, allowed);
    checkPriority(change);
    for (const end of ["source", "destination"]) checkEnd(change, end);
  },
  carryOut: (_, { cloud }) => cloud.firewall.refresh(),
  clear: (_, cloud) => cloud.firewall.refresh(),
  outputs: ({ document }) => ({
    sourceAddressPrefixes: [],
    destinationAddressPrefixes: [],
    sourcePortRanges: [],
    destinationPortRanges: [],
    ...document.properties,
  }),
};

const choices: Readonly<Record<string, readonly string[]>> = {
  access: ["allow", "deny"],
  direction: ["inbound", "outbound"],
  protocol: ["tcp", "udp", "icmp", "esp", "ah", "*"],
};

function checkChoice(properties: Json, property: string, allowed: readonly string[]): void {
  const value = textAt(properties, property);
  if (value !== undefined && allowed.includes(value.toLowerCase())) return;
  throw new ArmError(
    400,
    "InvalidRequestFormat",
    `Cannot parse the request: ${property} '${value ?? ""}' is none of ${allowed.join(", ")}.`,
  );
}

function checkPriority({ document, parent, key, name, cloud }: Change): void {
  const { priority, direction } = document.properties;
  if (typeof priority !== "number" || !Number.isInteger(priority) || priority < 100 || priority > 4096) {
    throw new ArmError(
      400,
      "SecurityRuleInvalidPriority",
      `Security rule has invalid Priority. Value provided: ${String(priority)} Allowed range 100-4096.`,
    );
  }
  const clash = siblingsOf(parent, cloud).find(
    (other) =>
      other.key !== key &&
      other.document.properties.priority === priority &&
      String(other.document.properties.direction).toLowerCase() === String(direction).toLowerCase(),
  );
  if (clash) {
    throw new ArmError(
      400,
      "SecurityRuleConflict",
      `Security rule ${name} conflicts with rule ${clash.name}. Rules cannot have the same Priority and Direction.`,
    );
  }
}

function siblingsOf(parent: Resource | undefined, { store }: Cloud): Resource[] {
  return parent ? store.childrenOf(parent.key, ruleType) : [];
}

/** Source or destination: addresses and ports, each as one or as several. */
function checkEnd({ document: { properties }, name }: Change, end: string): void {
  if (valuesAt(properties, `${end}ApplicationSecurityGroups[]`).length > 0) {
    throw new ArmError(
      501,
      "NotServedByLocalCloud",
      `The local cloud does not serve application security groups (rule ${name}).`,
    );
  }
  for (const prefix of oneOrSeveral(properties, `${end}AddressPrefix`, `${end}AddressPrefixes`)) {
    if (serviceTags.includes(prefix.toLowerCase()) || parseCidr(prefix)) continue;
    if (/^[a-z][\w.]*$/i.test(prefix)) {
      throw new ArmError(
        501,
        "NotServedByLocalCloud",
        `The local cloud does not serve the service tag ${prefix} (rule ${name}).`,
      );
    }
    throw new ArmError(
      400,
      "SecurityRuleInvalidAddressPrefix",
      `Security rule has invalid Address prefix. Value provided: ${prefix}`,
    );
  }
  for (const range of oneOrSeveral(properties, `${end}PortRange`, `${end}PortRanges`)) {
    if (parsePorts(range)) continue;
    throw new ArmError(
      400,
      "SecurityRuleInvalidPortRange",
      `Security rule has invalid Port range. Value provided: ${range}. Value should be an integer OR integer range with '-' delimiter. Valid range 0-65535.`,
    );
  }
}

function oneOrSeveral(properties: Json, one: string, several: string): string[] {
  const single = textAt(properties, one);
  const many = valuesAt(properties, `${several}[]`).filter((value) => typeof value === "string");
  if (single !== undefined && many.length > 0) {
    throw new ArmError(
      400,
      "SecurityRuleParameterContainsInvalidValue",
      `Security rule may have ${one} or ${several}, not both.`,
    );
  }
  if (single === undefined && many.length === 0) {
    throw new ArmError(
      400,
      "SecurityRuleParameterNotSpecified",
      `Security rule must have ${one} or ${several}.`,
    );
  }
  return single === undefined ? many : [single];
}
