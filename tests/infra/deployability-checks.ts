/** What Azure demands beyond types. Each check names what it found; an empty list is a pass. */
import { keyOf } from "./declared.ts";
import { networkOf } from "./deployability-network.ts";
import { canary, type Deployable, isSecret, plain, regions, subscription } from "./deployability-programs.ts";
import { typeOfPath, typeOfToken } from "../../local/cloud/azure/table/table.ts";
import { takesLocation } from "./deployability-sdk.ts";

export type Check = (resources: readonly Deployable[]) => string[];

interface Leaf {
  /** `networkProfile.networkInterfaces[].id` */
  path: string;
  value: unknown;
}

export function leavesOf(value: unknown, path = ""): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => leavesOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path ? `${path}.${key}` : key));
}

export function nameOf({ type, name }: Deployable): string {
  return `${type.slice("azure-native:".length)} ${name}`;
}

/** Inputs that are ids of other resources, and of which type those must be. */
const references: Record<string, string> = {
  "subnet.id": "network:Subnet",
  "networkSecurityGroup.id": "network:NetworkSecurityGroup",
  "natGateway.id": "network:NatGateway",
  "publicIPAddress.id": "network:PublicIPAddress",
  "publicIpAddresses[].id": "network:PublicIPAddress",
  "networkInterfaces[].id": "network:NetworkInterface",
  "userAssignedIdentities[]": "managedidentity:UserAssignedIdentity",
  targetResourceUri: "compute:VirtualMachineScaleSet",
  "metricTrigger.metricResourceUri": "compute:VirtualMachineScaleSet",
  virtualNetworkSubnetId: "network:Subnet",
  "partnerServers[].id": "sql:Server",
  "readOnlyEndpoint.targetServer": "sql:Server",
  "databases[]": "sql:Database",
  sourceDatabaseId: "sql:Database",
};

/** Ids are what the mocks made up, or what the program computed from names; both must lead to a declared resource. */
export const referencesAreDeclared: Check = (resources) => {
  const tokenById = new Map(
    resources.flatMap((resource) => [
      [`${resource.type}/${resource.name}`.toLowerCase(), resource.type],
      [resource.armId.toLowerCase(), resource.type],
    ]),
  );
  return resources.flatMap((resource) =>
    leavesOf(plain(resource.inputs))
      .filter(
        ({ value, path }) =>
          path !== "roleDefinitionId" && /^(azure-native:|\/subscriptions\/)/.test(String(value)),
      )
      .flatMap(({ path, value }) => {
        const found = tokenById.get(String(value).toLowerCase());
        const [, wanted] = Object.entries(references).find(([end]) => `.${path}`.endsWith(`.${end}`)) ?? [];
        const at = `${nameOf(resource)}: ${path}`;
        if (!found) return [`${at} leads to ${String(value)}, which no stack declares`];
        if (path === "scope") return [];
        return found === `azure-native:${wanted}`
          ? []
          : [`${at} leads to ${found}, not ${wanted ?? "anything known"}`];
      }),
  );
};

/** `…/servers/a/databases/b` needs `…/servers/a`, and that its resource group. */
export const parentsAreDeclared: Check = (resources) => {
  const declared = new Set(resources.map(({ armId }) => armId.toLowerCase()));
  return resources
    .filter(({ type }) => typeOfToken(type)?.scope === "resourceGroup")
    .filter(({ armId }) => !declared.has(parentOf(armId).toLowerCase()))
    .map((resource) => `${nameOf(resource)}: ${parentOf(resource.armId)} is declared by no stack`);
};

function parentOf(armId: string): string {
  const parts = armId.split("/");
  const above = parts.slice(0, -2).join("/");
  if (typeOfPath(above)) return above;
  // Between the two is a fixed part, as in …/queueServices/default/queues/q, or the namespace.
  const further = parts.slice(0, -4).join("/");
  return typeOfPath(further) ? further : armId.replace(/\/providers\/.*?$/, "");
}

/** learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, as the table of types has it */
export const namesKeepTheRules: Check = (resources) =>
  resources.flatMap((resource) => {
    const name = resource.armId.split("/").at(-1) ?? "";
    const { pattern, minLength, maxLength } = ruleOf(resource);
    const fits = pattern.test(name) && name.length >= minLength && name.length <= maxLength;
    return fits
      ? []
      : [`${nameOf(resource)}: ${name} does not match ${pattern}, ${minLength} to ${maxLength}`];
  });

export const namesAreTheirOwn: Check = (resources) => {
  const ids = resources.map(({ armId }) => armId.toLowerCase());
  return ids.filter((id, index) => ids.indexOf(id) !== index);
};

function ruleOf({ type }: Deployable) {
  const row = typeOfToken(type);
  if (!row) throw new Error(`${type} is not in the table`);
  return row.nameRule;
}

/** Where the location can be left out the provider guesses it, from the resource group or an older state. */
export const locationsAreExplicit: Check = (resources) =>
  resources
    .filter(({ type }) => takesLocation(type))
    .flatMap((resource) => {
      const { location } = resource.inputs;
      const group = resource.armId.split("/")[4] ?? "";
      const expected = group.endsWith("-secondary") ? regions.secondary : regions.primary;
      return location === expected
        ? []
        : [`${nameOf(resource)}: location is ${String(location)}, not ${expected}`];
    });

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (read 2026-11) */
const builtInRoles: Record<string, string> = {
  "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b": "App Configuration Data Owner",
  "516239f1-63e1-4d78-a4de-a74fb236a071": "App Configuration Data Reader",
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
  "8a0f0c08-91a1-4084-bc3d-661d67233fed": "Storage Queue Data Message Processor",
  "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": "Storage Queue Data Message Sender",
};

/** The logical name says which role it is meant to be. */
export const rolesAreBuiltIn: Check = (resources) =>
  resources
    .filter(({ type }) => type.endsWith(":RoleAssignment"))
    .flatMap(({ name, inputs }) => {
      const path = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/`;
      const id = String(inputs["roleDefinitionId"]);
      const role = id.startsWith(path) ? builtInRoles[id.slice(path.length)] : undefined;
      const words = role?.toLowerCase().replaceAll(" ", "-");
      return words && name.includes(words) ? [] : [`${name}: ${id} is ${role ?? "no role that is known"}`];
    });

/** osProfile.customData: at most 65,535 bytes before base64 (learn.microsoft.com/rest/api/compute/virtual-machines, read 2026-11) */
export const customDataFits: Check = (resources) =>
  customDataOf(resources)
    .filter(({ text }) => !text.startsWith("#cloud-config\n") || Buffer.byteLength(text) > 65_535)
    .map(
      ({ machine, text }) =>
        `${machine}: ${Buffer.byteLength(text)} bytes that begin with ${text.slice(0, 20)}`,
    );

export function customDataOf(resources: readonly Deployable[]): { machine: string; text: string }[] {
  return resources.flatMap((resource) =>
    leavesOf(plain(resource.inputs))
      .filter(({ path }) => path.endsWith(".customData"))
      .map(({ value }) => ({
        machine: nameOf(resource),
        text: Buffer.from(String(value), "base64").toString(),
      })),
  );
}

/** What the state would keep in the open: every leaf that no secret is around. */
export const plainInputsHoldNoSecret: Check = (resources) =>
  resources.flatMap((resource) =>
    openLeavesOf(resource.inputs)
      .filter(
        ({ path, value }) => /customData$|privateKey$|[pP]assword$/.test(path) || holdsCanary(String(value)),
      )
      .map(({ path }) => `${nameOf(resource)}: ${path}`),
  );

function openLeavesOf(value: unknown, path = ""): Leaf[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => openLeavesOf(item, `${path}[]`));
  if (typeof value !== "object" || value === null) return [{ path, value }];
  if (isSecret(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => openLeavesOf(inner, path ? `${path}.${key}` : key));
}

function holdsCanary(text: string): boolean {
  return text.includes(canary) || Buffer.from(text, "base64").toString().includes(canary);
}

/** Azure keeps the first four addresses of a subnet and its last; learn.microsoft.com/azure/virtual-network/ip-services/private-ip-addresses */
export const staticAddressesAreFree: Check = (resources) => {
  const { addressOf, subnets } = networkOf(resources);
  const taken = addressOf.map(({ address }) => address);
  return addressOf.flatMap(({ machine, address, subnet }) => {
    const range = subnets.get(subnet) ?? "";
    const [network, host] = [address.replace(/\.\d+$/, ".0/24"), Number(address.split(".")[3])];
    if (network !== range) return [`${machine}: ${address} is not in ${range}`];
    if (host < 4 || host > 254) return [`${machine}: ${address} is Azure's own`];
    return taken.indexOf(address) === taken.lastIndexOf(address)
      ? []
      : [`${machine}: ${address} is taken twice`];
  });
};

/** learn.microsoft.com/azure/virtual-network/network-security-groups-overview: 100 to 4096, one rule each and direction. */
export const rulesHaveTheirOwnPriorities: Check = (resources) => {
  const rules = resources.filter(({ type }) => type.endsWith(":SecurityRule"));
  const places = rules.map(({ inputs }) =>
    [inputs["networkSecurityGroupName"], inputs["direction"], inputs["priority"]].join(" "),
  );
  return rules
    .filter(({ inputs }, index) => {
      const priority = Number(inputs["priority"]);
      return priority < 100 || priority > 4096 || places.indexOf(places[index] ?? "") !== index;
    })
    .map((rule) => `${nameOf(rule)}: ${String(rule.inputs["priority"])}`);
};

/** Types whose writes Azure refuses while another to the same thing is under way, and the input that names it. */
const writtenOneAtATime: Record<string, string> = {
  SecurityRule: "networkSecurityGroupName",
  Subnet: "virtualNetworkName",
  VirtualNetworkRule: "serverName",
};

export const writesToOneThingAreInOrder: Check = (resources) => {
  const waits = waitsOf(resources);
  return Object.entries(writtenOneAtATime).flatMap(([kind, input]) => {
    const written = resources.filter(({ type }) => type.endsWith(`:${kind}`));
    const pairs = written.flatMap((one, index) =>
      written.slice(index + 1).map((other) => [one, other] as const),
    );
    return pairs
      .filter(([one, other]) => one.stack === other.stack && one.inputs[input] === other.inputs[input])
      .filter(([one, other]) => !waits(one, other) && !waits(other, one))
      .map((pair) => pair.map(nameOf).join(" and "));
  });
};

const attached = ["NetworkInterface", "VirtualMachineScaleSet", "VirtualNetworkRule"];

export const networksAreWholeBeforeAnythingAttaches: Check = (resources) => {
  const waits = waitsOf(resources);
  return resources
    .filter(({ type }) => attached.some((kind) => type.endsWith(`:${kind}`)))
    .flatMap((resource) => {
      const subnets = resources.filter(
        ({ type, stack }) => type.endsWith(":Subnet") && stack === resource.stack,
      );
      const early = subnets.filter((subnet) => !waits(resource, subnet));
      return early.map((subnet) => `${nameOf(resource)} does not wait for ${nameOf(subnet)}`);
    });
};

/** Whether one is written only after the other, however many stand between them. */
function waitsOf(resources: readonly Deployable[]) {
  const byKey = new Map(resources.map((resource) => [`${resource.stack} ${keyOf(resource)}`, resource]));
  return function waits(one: Deployable, other: Deployable): boolean {
    return one.options.waitsFor.some((key) => {
      const next = byKey.get(`${one.stack} ${key}`);
      return next !== undefined && (next === other || waits(next, other));
    });
  };
}
