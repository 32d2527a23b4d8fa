import { ArmError } from "../arm-error.ts";
import type { Change, Cloud, Rules } from "../cloud.ts";
import { textAt } from "../document.ts";
import { clientIdOf, principalIdOf } from "../machine-identity.ts";
import type { Resource } from "../resource.ts";
import { scopeOf } from "../roles.ts";

export const userAssignedIdentity: Rules = {
  outputs: ({ id }, { settings }) => ({
    principalId: principalIdOf(id),
    clientId: clientIdOf(id),
    tenantId: settings.tenantId,
  }),
};

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const roleDefinition =
  /\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const roleAssignment: Rules = {
  accept(change) {
    const { document, old, cloud } = change;
    const { properties } = document;
    const principal = textAt(properties, "principalId") ?? "";
    const role = textAt(properties, "roleDefinitionId") ?? "";
    if (!guid.test(principal)) {
      throw new ArmError(
        400,
        "InvalidPrincipalId",
        `The Principal ID '${principal}' is not valid. Principal ID must be a GUID.`,
      );
    }
    if (!roleDefinition.test(role)) {
      throw new ArmError(400, "InvalidRoleDefinitionId", `The role definition ID '${role}' is not valid.`);
    }
    if (old && !sameGrant(old, change)) {
      throw new ArmError(
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
      );
    }
    const same = cloud.store
      .ofType("Microsoft.Authorization/roleAssignments")
      .find((other) => other.key !== change.key && sameGrant(other, change));
    if (same) {
      throw new ArmError(
        409,
        "RoleAssignmentExists",
        `The role assignment already exists. The ID of the existing role assignment is ${same.name.replaceAll("-", "")}.`,
      );
    }
    checkPrincipal(principal, change);
    properties.principalType ??= "ServicePrincipal";
  },
  outputs: ({ id, createdAt }, { settings }) => ({
    scope: scopeOf(id),
    createdOn: createdAt,
    updatedOn: createdAt,
    createdBy: settings.principalId,
    updatedBy: settings.principalId,
  }),
};

function sameGrant(other: Resource, { id, document }: Change): boolean {
  const grant = (at: string, properties: unknown) =>
    [
      scopeOf(at),
      textAt(properties, "principalId"),
      textAt(properties, "roleDefinitionId")?.split("/").at(-1),
    ]
      .join(" ")
      .toLowerCase();
  return grant(other.id, other.document.properties) === grant(id, document.properties);
}

/** With principalType, Entra is not asked: that is Azure's way round its replication delay. */
function checkPrincipal(principal: string, { document, cloud }: Change): void {
  if (textAt(document.properties, "principalType") !== undefined || isKnown(principal, cloud)) return;
  const plain = principal.replaceAll("-", "");
  throw new ArmError(
    400,
    "PrincipalNotFound",
    `Principal ${plain} does not exist in the directory ${cloud.settings.tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
  );
}

function isKnown(principal: string, { store, settings }: Cloud): boolean {
  const identities = store.ofType("Microsoft.ManagedIdentity/userAssignedIdentities");
  return [settings.principalId, ...identities.map(({ id }) => principalIdOf(id))].includes(
    principal.toLowerCase(),
  );
}
