import { monotonicMs } from "../request-log.ts";
import { createDataPlane } from "./app-configuration/data-plane.ts";
import { createArm } from "./arm.ts";
import type { AzureSettings, Cloud } from "./cloud.ts";
import { Durations, type DurationMode } from "./durations.ts";
import { Firewall } from "./firewall.ts";
import { Listener, type Call, type FaultMode, type Reply } from "./listener.ts";
import { isLogin, Login, metadata } from "./login.ts";
import { identityPath, MachineIdentities } from "./machine-identity.ts";
import { Machines } from "./machines.ts";
import { Operations } from "./operations.ts";
import type { Plant } from "./plant.ts";
import { plainRegion } from "./regions.ts";
import { ResourceStore } from "./resource-store.ts";
import { Switches } from "./switches.ts";
import { publishedBuckets, Throttle, type Buckets } from "./throttle.ts";
import { Tokens } from "./tokens.ts";

export interface AzureOptions extends AzureSettings {
  /** Of Resource Manager and of tokens. */
  address: string;
  port: number;
  /** Of the configuration store's data plane, which fails on its own. */
  appConfigurationAddress: string;
  appConfigurationPort: number;
  /** PEM file: certificate chain and key, for both addresses. */
  certificate: string;
  durations: DurationMode;
  /** Hex; with it others can check tokens too. */
  tokenKey?: string | undefined;
  buckets?: Buckets;
  /** Wall clock of tokens, in milliseconds. */
  nowMs?: () => number;
}

/**
 * What of the Resource Manager's port fails apart: everything about tokens, and all the rest.
 * `discovery` never fails: a plugin of the public cloud knows its addresses and asks nobody.
 */
export type ArmArea = "resources" | "tokens" | "discovery";

const discoveryPath = "/metadata/endpoints";

function areaOf(path: string): ArmArea {
  if (path === discoveryPath) return "discovery";
  return isLogin(path) || path === identityPath ? "tokens" : "resources";
}

export interface Azure {
  cloud: Cloud;
  listeners: { arm: Listener<ArmArea>; appConfiguration: Listener<"reads"> };
  faults: () => { resources: FaultMode; tokens: FaultMode; appConfiguration: FaultMode };
  /** What is in flight in a region that stops serving writes ends as failed. */
  setRegion: (location: string, writes: "served" | "refused") => void;
  close: () => Promise<void>;
}

/** Opens Resource Manager, tokens and App Configuration. */
export async function startAzure(options: AzureOptions, plant: Plant): Promise<Azure> {
  const tokens = new Tokens(options);
  const cloud = createCloud(options, { plant, tokens });
  const throttle = new Throttle(options.buckets ?? publishedBuckets, monotonicMs);
  const arm: Listener<ArmArea> = new Listener<ArmArea>({
    address: options.address,
    port: options.port,
    certificate: options.certificate,
    areas: ["resources", "tokens", "discovery"],
    areaOf,
    handle: armHandler({ cloud, tokens, throttle, base: () => arm.url }),
  });
  const appConfiguration: Listener<"reads"> = new Listener<"reads">({
    address: options.appConfigurationAddress,
    port: options.appConfigurationPort,
    certificate: options.certificate,
    areas: ["reads"],
    areaOf: () => "reads",
    handle: async (call) => dataPlane(call),
  });
  const dataPlane = createDataPlane({ cloud, tokens, nowMs: monotonicMs, base: () => appConfiguration.url });
  await Promise.all([arm.open(), appConfiguration.open()]);
  Object.assign(cloud.urls, { identity: arm.url, appConfiguration: appConfiguration.url });
  return {
    cloud,
    listeners: { arm, appConfiguration },
    faults: () => ({
      resources: arm.faultOf("resources"),
      tokens: arm.faultOf("tokens"),
      appConfiguration: appConfiguration.faultOf("reads"),
    }),
    setRegion(location, writes) {
      cloud.switches.setRegion(location, writes);
      if (writes === "refused") cloud.operations.failIn(plainRegion(location));
    },
    close: async () => void (await Promise.all([arm.close(), appConfiguration.close()])),
  };
}

function createCloud(options: AzureOptions, { plant, tokens }: { plant: Plant; tokens: Tokens }): Cloud {
  const store = new ResourceStore();
  const durations = new Durations(options.durations);
  const firewall = new Firewall(store, plant);
  return {
    settings: options,
    store,
    plant,
    durations,
    operations: new Operations(durations),
    switches: new Switches(),
    firewall,
    machines: new Machines(plant, firewall),
    identities: new MachineIdentities(tokens),
    urls: { identity: "", appConfiguration: "" },
  };
}

interface HandlerParts {
  cloud: Cloud;
  tokens: Tokens;
  throttle: Throttle;
  base: () => string;
}

function armHandler(parts: HandlerParts): (call: Call) => Promise<Reply> {
  const { cloud, tokens, base } = parts;
  const arm = createArm(parts);
  const login = new Login(cloud.settings, tokens);
  return async (call) => {
    if (call.path === discoveryPath) return { status: 200, body: metadata(base()) };
    if (call.path === identityPath) return cloud.identities.answer(call, cloud);
    return isLogin(call.path) ? login.answer(call, base()) : arm(call);
  };
}
