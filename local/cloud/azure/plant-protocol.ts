/**
 * How the cloud process has machines run. It writes requests as JSON lines to its stdout, after the line that says
 * it is ready; the plant answers with JSON lines on the cloud's stdin, after the settings. Answers may come in any
 * order; `id` joins them.
 */
export interface MachineSpec {
  /** ARM id in lower case; instances of a scale set: `<scale set id>/virtualmachines/<n>`. */
  id: string;
  /** osProfile.computerName, or of an instance `<computerNamePrefix><six digits>`. */
  name: string;
  /** As ARM has it: lower case, no spaces. */
  region: string;
  /** The private address, then the public one when there is one (locally usually the same). Loopback. */
  addresses: string[];
  /** Decoded from base64; "" when there is none. */
  customData: string;
  adminUsername: string;
  sshPublicKeys: string[];
  /** What a managed-identity client on the machine needs, for the environment of its units. */
  identity: { endpoint: string; header: string } | null;
}

/** An inbound rule. The first that matches, by ascending priority, decides. */
export interface FirewallRule {
  name: string;
  priority: number;
  /** Deny is silent, as on Azure: the connection hangs and is never reset. */
  access: "Allow" | "Deny";
  /** CIDRs, or "*". */
  sources: string[];
  /** "8443", "8000-8100" or "*". */
  ports: string[];
}

export type PlantRequest = { id: number } & PlantCall;

export type PlantCall =
  /** The first boot executes customData; later ones only start its units. Answered when its units are ready. */
  | { boot: MachineSpec }
  /** powerOff and deallocate: the disk stays. */
  | { halt: { machine: string } }
  /** The disk goes too. */
  | { remove: { machine: string } }
  /** All effective inbound rules of a machine, Azure's defaults included. */
  | { firewall: { machine: string; rules: FirewallRule[] } };

export type PlantAnswer = { id: number } & ({ done: true } | { error: { code: string; message: string } });
