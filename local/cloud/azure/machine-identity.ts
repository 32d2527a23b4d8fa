import { randomBytes } from "node:crypto";
import type { Cloud } from "./cloud.ts";
import { isObject, objectAt } from "./document.ts";
import { hashedId } from "./hashed-id.ts";
import type { Call, Reply } from "./listener.ts";
import type { Resource } from "./resource.ts";
import type { Tokens } from "./tokens.ts";

/** Object id of an identity: the same in every local cloud, as its resource id is. */
export function principalIdOf(identityId: string): string {
  return hashedId("principal", identityId);
}

export function clientIdOf(identityId: string): string {
  return hashedId("client", identityId);
}

/** The user-assigned identities of a machine or scale set, as a read of it shows them. */
export function identityView({ document }: Resource): Record<string, unknown> {
  if (!isObject(document.identity)) return {};
  const assigned = objectAt(document, "identity", "userAssignedIdentities");
  const shown = Object.keys(assigned).map(
    (id) => [id, { principalId: principalIdOf(id), clientId: clientIdOf(id) }] as const,
  );
  return { identity: { ...document.identity, userAssignedIdentities: Object.fromEntries(shown) } };
}

export const identityPath = "/-/identity/token";

/**
 * Tokens for what runs on machines, by the protocol of IDENTITY_ENDPOINT and IDENTITY_HEADER, as in
 * learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference. Which identities there
 * are is decided as on a machine: learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token.
 */
export class MachineIdentities {
  readonly #tokens: Tokens;
  readonly #headers = new Map<string, string>();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  /** The secret that a machine proves itself with: the same after a restart. */
  headerOf(machine: string): string {
    const known = [...this.#headers].find(([, each]) => each === machine)?.[0];
    const header = known ?? randomBytes(16).toString("hex").toUpperCase();
    this.#headers.set(header, machine);
    return header;
  }

  answer({ query, headers }: Call, { store }: Cloud): Reply {
    const machine = this.#headers.get(String(headers["x-identity-header"] ?? ""));
    const resource =
      machine && store.get(machine.replace(/(\/virtualmachinescalesets\/[^/]+)\/virtualmachines\/.*$/, "$1"));
    if (!resource) return refused(401, "The header X-IDENTITY-HEADER is missing or is no machine's.");
    const audience = query.get("resource");
    if (!audience) return refused(400, "The query parameter resource is required.");
    const assigned = Object.keys(objectAt(resource.document, "identity", "userAssignedIdentities"));
    const identity = chosen(assigned, query);
    if (!identity) {
      return refused(
        400,
        "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
      );
    }
    const caller = { oid: principalIdOf(identity), appid: clientIdOf(identity) };
    const { token, expiresOn } = this.#tokens.issue(caller, audience);
    const body = {
      access_token: token,
      expires_on: String(expiresOn),
      resource: audience,
      token_type: "Bearer",
    };
    return { status: 200, body: { ...body, client_id: caller.appid } };
  }
}

/** By client id, resource id or principal id; without any, the only one there is. */
function chosen(assigned: readonly string[], query: URLSearchParams): string | undefined {
  const wanted = [
    [query.get("client_id"), clientIdOf],
    [query.get("mi_res_id") ?? query.get("msi_res_id"), (id: string) => id.toLowerCase()],
    [query.get("principal_id") ?? query.get("object_id"), principalIdOf],
  ] as const;
  const given = wanted.find(([value]) => value !== null);
  if (!given) return assigned.length === 1 ? assigned[0] : undefined;
  const [value, of] = given;
  return assigned.find((id) => of(id) === value?.toLowerCase());
}

function refused(statusCode: number, message: string): Reply {
  return { status: statusCode, body: { statusCode, message } };
}
