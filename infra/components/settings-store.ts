import { createHash } from "node:crypto";
import { ConfigurationStore } from "@pulumi/azure-native/appconfiguration/configurationStore.js";
import { KeyValue } from "@pulumi/azure-native/appconfiguration/keyValue.js";
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
} from "@pulumi/pulumi";
import type { HostSettings } from "../host-settings.ts";
import { settingsKey } from "../names.ts";
import type { Place } from "./place.ts";
import { grantRoles } from "./roles.ts";

export interface SettingsStoreArgs {
  place: Place;
  storeName: string;
  subscription: string;
  prefix: string;
  /** Object id of who deploys, and therefore writes. */
  deployer: string;
  /** Who reads, by name. */
  readers: Record<string, Input<string>>;
  settings: HostSettings;
  /** What must be there before hosts are told to use it. */
  after: Resource[];
}

/**
 * The settings: one key-value in a store of the secondary region, where no failure of the primary one
 * keeps hosts from being told.
 */
export class SettingsStore extends ComponentResource {
  /** Known once hosts can read what this program asked for. */
  readonly settled: Output<unknown>;

  constructor(name: string, args: SettingsStoreArgs, opts?: ComponentResourceOptions) {
    super("failover-stacks:settings:SettingsStore", name, {}, opts);
    const { place, storeName, after } = args;
    const parent = { parent: this };
    const store = new ConfigurationStore(
      name,
      {
        ...place,
        configStoreName: storeName,
        // Free allows 1,000 requests a day; hosts that ask every 10 s need Standard's 30,000 an hour.
        sku: { name: "Standard" },
        disableLocalAuth: true,
        publicNetworkAccess: "Enabled",
        // Writes through Azure Resource Manager are made as the caller, not with a key of the store.
        dataPlaneProxy: { authenticationMode: "Pass-through", privateLinkDelegation: "Disabled" },
      },
      parent,
    );
    const writer = this.grant(args, store);
    const keyValue = new KeyValue(
      settingsKey,
      {
        resourceGroupName: place.resourceGroupName,
        configStoreName: store.name,
        keyValueName: settingsKey,
        contentType: "application/json",
        value: withVersion(args.settings),
      },
      { ...parent, dependsOn: [...writer, ...after] },
    );
    this.settled = keyValue.id;
    this.registerOutputs();
  }

  private grant({ subscription, prefix, deployer, readers }: SettingsStoreArgs, store: ConfigurationStore) {
    const grant = { subscription, prefix, on: { name: "settings", id: store.id } };
    const parent = { parent: this };
    for (const [name, principalId] of Object.entries(readers)) {
      grantRoles({ ...grant, roles: ["App Configuration Data Reader"], to: { name, principalId } }, parent);
    }
    const to = { name: "deployer", principalId: deployer };
    return grantRoles({ ...grant, roles: ["App Configuration Data Owner"], to }, parent);
  }
}

/** The version lets an observer see which settings a host has, whatever else it says. */
function withVersion(settings: HostSettings): string {
  const { api, database, storage } = settings;
  const rest = JSON.stringify({ api, database, storage });
  const version = createHash("sha256").update(rest).digest("hex").slice(0, 8);
  return JSON.stringify({ version, api, database, storage });
}
