import { textAt } from "./document.ts";
import type { ResourceStore } from "./resource-store.ts";

/** learn.microsoft.com/azure/role-based-access-control/built-in-roles/integration */
export const dataOwner = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b";
export const dataReader = "516239f1-63e1-4d78-a4de-a74fb236a071";

const assignmentType = "Microsoft.Authorization/roleAssignments";

/** Whether one of the roles is assigned to the principal at the resource or above it. */
export function hasRole(
  store: ResourceStore,
  principal: string,
  { roles, key }: { roles: readonly string[]; key: string },
): boolean {
  return store.ofType(assignmentType).some(({ document, key: assignment }) => {
    const { properties } = document;
    const scope = scopeOf(assignment);
    const role = textAt(properties, "roleDefinitionId")?.toLowerCase().split("/").at(-1) ?? "";
    const reaches = key === scope || key.startsWith(`${scope}/`);
    return (
      textAt(properties, "principalId")?.toLowerCase() === principal.toLowerCase() &&
      roles.includes(role) &&
      reaches
    );
  });
}

/** Where a role assignment is, from its own id. */
export function scopeOf(assignmentId: string): string {
  return assignmentId.slice(0, assignmentId.toLowerCase().lastIndexOf("/providers/microsoft.authorization/"));
}
