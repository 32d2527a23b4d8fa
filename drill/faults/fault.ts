/** What the faults need of a plant. The local plant satisfies it. */
export interface BreakablePlant {
  /** Address and port that clients of a host connect to. */
  reach(host: Host): { address: string; port: number; servername: string; ca: string };
  /** What the network interface of a host does with connections. */
  setNic(host: Host, mode: NicMode): Promise<void>;
  killServer(host: Host): Promise<void>;
  startServer(host: Host): Promise<void>;
  /** How Cloudflare's API answers; its data plane is the host `edge`. */
  setCloudflareApi(mode: ApiMode): Promise<void>;
  cloudflareApi: string;
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
