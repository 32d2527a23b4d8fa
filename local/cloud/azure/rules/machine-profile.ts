import { ArmError, armError } from "../arm-error.ts";
import type { Cloud } from "../cloud.ts";
import { isObject, listAt, objectAt, textAt, type Json } from "../document.ts";
import { identityPath } from "../machine-identity.ts";
import type { MachineSpec } from "../plant-protocol.ts";

/** learn.microsoft.com/azure/virtual-machines/custom-data: 65,535 bytes before encoding. */
const customDataLimit = 87_380;
/** Some of those in learn.microsoft.com/azure/virtual-machines/linux/faq. */
const refusedUsers = ["root", "admin", "administrator", "user", "guest", "test", "console", "sys", "a", "1"];

function refused(parameter: string, why: string): ArmError {
  return new ArmError(400, "InvalidParameter", `The value of parameter ${parameter} is invalid. ${why}`);
}

/** @throws ArmError 400 unless a Linux machine can be made from the profile. */
export function checkMachineProfile(profile: Json): void {
  const system = objectAt(profile, "osProfile");
  const user = textAt(system, "adminUsername");
  if (!user) throw armError("invalidParameter", { parameter: "osProfile.adminUsername" });
  if (refusedUsers.includes(user))
    throw refused("adminUsername", "The Admin Username specified is not allowed.");
  if (Object.keys(objectAt(profile, "storageProfile", "imageReference")).length === 0) {
    throw refused("imageReference", "The local cloud boots from an image, not from a disk.");
  }
  const customData = system.customData ?? "";
  const encoded =
    typeof customData === "string" &&
    /^[A-Za-z0-9+/]*={0,2}$/.test(customData) &&
    customData.length % 4 === 0;
  if (!encoded || customData.length > customDataLimit) {
    throw refused(
      "customData",
      `Custom data in OSProfile must be in Base64 encoding and with a maximum length of ${customDataLimit} characters.`,
    );
  }
  checkSignIn(system, user);
}

function checkSignIn(system: Json, user: string): void {
  const keys = listAt(system, "linuxConfiguration", "ssh", "publicKeys");
  if (keys.length === 0 && textAt(system, "adminPassword") === undefined) {
    throw refused(
      "linuxConfiguration.ssh.publicKeys",
      "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
    );
  }
  const place = `/home/${user}/.ssh/authorized_keys`;
  for (const { path, keyData } of keys) {
    if (path !== place) {
      throw refused(
        "linuxConfiguration.ssh.publicKeys.path",
        `Destination path for SSH public keys is currently limited to its default value ${place} due to a known issue in Linux provisioning agent.`,
      );
    }
    if (typeof keyData !== "string" || !/^(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+=*/.test(keyData.trim())) {
      throw refused(
        "linuxConfiguration.ssh.publicKeys.keyData",
        "The key must be an ssh-rsa or ssh-ed25519 public key.",
      );
    }
  }
}

/** @throws ArmError 400 unless identities are named by the keys of an object. */
export function checkIdentity(document: Json): void {
  const { identity } = document;
  if (identity === undefined) return;
  const { userAssignedIdentities = {} } = objectAt(document, "identity");
  if (isObject(identity) && isObject(userAssignedIdentities)) return;
  throw armError("invalidBody", { reason: "identity.userAssignedIdentities is not an object" });
}

export interface MachinePlace {
  machine: string;
  name: string;
  region: string;
  addresses: string[];
  /** Base64; that of the profile unless given. */
  customData?: string;
  /** Whether any identity is assigned. */
  identified: boolean;
}

/** What the plant needs of a profile to bring a machine up. */
export function specOf(profile: Json, place: MachinePlace, cloud: Cloud): MachineSpec {
  const system = objectAt(profile, "osProfile");
  const customData = place.customData ?? textAt(system, "customData") ?? "";
  const identity = {
    endpoint: cloud.urls.identity + identityPath,
    header: cloud.identities.headerOf(place.machine),
  };
  return {
    id: place.machine,
    name: place.name,
    region: place.region,
    addresses: place.addresses,
    customData: Buffer.from(customData, "base64").toString(),
    adminUsername: textAt(system, "adminUsername") ?? "",
    sshPublicKeys: listAt(system, "linuxConfiguration", "ssh", "publicKeys").map(({ keyData }) =>
      String(keyData).trim(),
    ),
    identity: place.identified ? identity : null,
  };
}
