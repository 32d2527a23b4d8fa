import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import type { ComponentResourceOptions, Input } from "@pulumi/pulumi";
import { stableUuid } from "../names.ts";

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles (read 2026-11) */
const roles = {
  "App Configuration Data Owner": "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b",
  "App Configuration Data Reader": "516239f1-63e1-4d78-a4de-a74fb236a071",
  "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  "Storage Queue Data Message Processor": "8a0f0c08-91a1-4084-bc3d-661d67233fed",
  "Storage Queue Data Message Sender": "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
} as const;

export type RoleName = keyof typeof roles;

/** API servers write messages, workers take them; neither can do what the other does. */
export const storageRoles = {
  apiServers: ["Storage Blob Data Contributor", "Storage Queue Data Message Sender"],
  workers: ["Storage Blob Data Contributor", "Storage Queue Data Message Processor"],
} as const satisfies Record<string, RoleName[]>;

export interface Grant {
  subscription: string;
  prefix: string;
  roles: readonly RoleName[];
  /** Who gets them; the name is part of the assignments' own. */
  to: { name: string; principalId: Input<string> };
  on: { name: string; id: Input<string> };
}

/**
 * Assigns roles on one resource to one identity.
 * All are assigned at set-up: an assignment takes up to ten minutes to be known everywhere
 * (https://learn.microsoft.com/azure/role-based-access-control/troubleshooting), 15 in App Configuration
 * (https://learn.microsoft.com/azure/azure-app-configuration/concept-enable-rbac), which no recovery has.
 * The type of principal is stated so that an identity made seconds ago is not looked up in vain; left
 * out, the provider states `User`.
 */
export function grantRoles(grant: Grant, opts: ComponentResourceOptions): RoleAssignment[] {
  const { subscription, prefix, to, on } = grant;
  return grant.roles.map((role) => {
    const name = `${to.name}-${role.toLowerCase().replaceAll(" ", "-")}-${on.name}`;
    return new RoleAssignment(
      name,
      {
        roleAssignmentName: stableUuid(`${subscription}/${prefix}/${name}`),
        scope: on.id,
        principalId: to.principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roles[role]}`,
      },
      opts,
    );
  });
}
