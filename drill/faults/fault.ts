/** What the faults need of a plant. The local plant satisfies it. */
export interface BreakablePlant {
  /** Address and port of a host, and where a neighbour in its network calls it from: the firewall lets that one in. */
  reach(host: Host): Reach;
  /** What the network interface of a host does with connections. */
  setNic(host: Host, mode: NicMode): Promise<void>;
  killServer(host: Host): Promise<void>;
  startServer(host: Host): Promise<void>;
  /** How Cloudflare's API answers; its data plane is the host `edge`. */
  setCloudflareApi(mode: ApiMode): Promise<void>;
  cloudflareApi: string;
  /** How the settings store answers the hosts that read it. */
  setSettingsStore(mode: ApiMode): Promise<void>;
  settingsStore: string;
  /** Whether Resource Manager takes changes of what lies in the primary region. */
  setPrimaryWrites(mode: "served" | "refused"): Promise<void>;
  /** Asks Resource Manager to change something there. @returns the HTTP status, and the error's code if it has one */
  tryPrimaryWrite(): Promise<{ status: number; code: string | null }>;
  /** Runs a command on a host over SSH, as its administrator. @throws with what it printed when it fails */
  ssh(host: Host, command: string): Promise<string>;
  /**
   * Sets a key of the primary stack and rolls it out by `pulumi up -s primary`.
   * @returns null, or what the failed `up` said
   */
  rollOut(key: string, value: string): Promise<string | null>;
}

export interface Reach {
  address: string;
  port: number;
  servername: string;
  ca: string;
  localAddress: string;
}

export type Host = "edge" | "load-balancer-main" | "load-balancer-backup" | "api-main" | "api-backup";
export type NicMode = "pass" | "black-hole" | "reset";
export type ApiMode = "none" | "refuse";

/** Something that breaks the plant, proves that it did, and undoes it. */
export interface Fault {
  /** What a person would see, as a sentence without its subject's cause. */
  what: string;
  apply(plant: BreakablePlant): Promise<void>;
  /** Looks for direct evidence: not at what clients see through the plant, but at the broken part itself. */
  prove(plant: BreakablePlant): Promise<Proof>;
  lift(plant: BreakablePlant): Promise<void>;
}

export interface Proof {
  proven: boolean;
  evidence: string;
}
