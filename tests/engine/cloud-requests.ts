/** Which requests a switch makes, by API. The page docs/deployability.md shows the table; a test makes the switches. */
import type { DegradedName } from "../../infra/topologies.ts";
import type { LocalPlant } from "../../local/local-plant.ts";

/** Requests of one `pulumi up` that switches from `normal`. */
export interface Requests {
  /** Writes to Cloudflare's API. */
  records: number;
  /** PUT and DELETE of resources of Azure, by their type, and POST of actions, by their verb. */
  resources: Partial<
    Record<"securityRules" | "keyValues" | "virtualMachineScaleSets" | "databases" | "failover", number>
  >;
  /** GET of resources of Azure: each write is read again, and a rule's once more when its operation has ended. */
  reads: number;
  /** Tokens asked for: one for each program that calls Azure. */
  tokens: number;
}

const nothing = { records: 0, resources: {}, reads: 0, tokens: 0 };
const openBypass = { records: 1, resources: { securityRules: 1 }, reads: 2, tokens: 1 };
const newSettings = { records: 0, resources: { keyValues: 1 }, reads: 1, tokens: 1 };

export const requestsOf: Record<DegradedName, Requests> = {
  "bypass-open": { ...openBypass, records: 0 },
  "lb-direct": openBypass,
  "lb-backup-direct": openBypass,
  "lb-backup": { ...nothing, records: 1 },
  "api-behind-edge": { ...nothing, records: 1 },
  "api-direct": openBypass,
  "api-main-only": newSettings,
  "api-backup-only": newSettings,
  "database-restored": { ...newSettings, resources: { databases: 1, keyValues: 1 }, reads: 4 },
  // The listener's name that hosts were told follows the promotion; the role is read twice, the replica's lag once.
  "database-secondary": { ...nothing, resources: { failover: 1 }, reads: 3, tokens: 1 },
  // The account is asked for before hosts are sent to it.
  "storage-secondary": { ...newSettings, reads: 2, tokens: 2 },
  "workers-scaled": { ...nothing, resources: { virtualMachineScaleSets: 1 }, reads: 2, tokens: 1 },
};

interface LoggedRequest {
  method: string;
  path: string;
}

/** Everything that the clouds of a plant were asked since a time. */
export async function requestsSince(
  { plant }: LocalPlant,
  sinceMs: number,
): Promise<Requests & { polls: number }> {
  const { controlUrl, controlToken } = plant.cloud;
  const ask = async (log: string): Promise<LoggedRequest[]> => {
    const headers = { "x-control-token": controlToken };
    const response = await fetch(`${controlUrl}/-/${log}?since=${sinceMs}`, { headers });
    return (await response.json()) as LoggedRequest[];
  };
  const [cloudflare, azure, tokens] = await Promise.all([
    ask("cloudflare/requests"),
    ask("azure/requests"),
    ask("azure/token-requests"),
  ]);
  const polls = azure.filter(({ path }) => /\/operation(s|Results)\//.test(path));
  // A plugin of a real plant has the cloud's addresses built in and does not ask for them.
  const addresses = azure.filter(({ path }) => path === "/metadata/endpoints");
  const resources = azure.filter((request) => ![...polls, ...addresses].includes(request));
  const written = resources.filter(({ method }) => method !== "GET").map(({ path }) => kindOf(path));
  return {
    records: cloudflare.filter(({ method }) => method !== "GET").length,
    resources: Object.fromEntries(
      [...new Set(written)].map((kind) => [kind, written.filter((each) => each === kind).length]),
    ),
    reads: resources.length - written.length,
    tokens: tokens.filter(({ method }) => method === "POST").length,
    polls: polls.length,
  };
}

/** `…/securityRules/bypass` to `securityRules`, `…/failoverGroups/g/failover` to `failover`. */
function kindOf(path: string): string {
  const parts = path.split("/providers/").at(-1)?.split("/").slice(1) ?? [];
  return (parts.length % 2 === 1 ? parts.at(-1) : parts.at(-2)) ?? path;
}
