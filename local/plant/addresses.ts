import net from "node:net";
import { FailoverError } from "../../infra/errors.ts";
import { serverNames } from "../../infra/names.ts";
import { dataHosts, dataPorts } from "./data-hosts.ts";
import type { DataHosts } from "./data-hosts.ts";

export const hostNames = ["edge", ...serverNames] as const;

export type HostName = (typeof hostNames)[number];

/** Addresses of the servers as infra's configuration commits them. */
export interface Endpoints {
  loadBalancers: { main: string; backup: string };
  apiServers: { main: string; backup: string };
}

export interface SocketAddress {
  address: string;
  port: number;
}

/** Where a host is reached (NIC process) and where its server really listens (shadow). */
export interface HostAddress {
  address: string;
  shadow: string;
}

export interface PlantAddresses {
  block: number;
  /** `127.N.0.0/16` */
  cidr: string;
  clientPort: number;
  /** Of every machine. */
  sshPort: number;
  /** Cloudflare's API. */
  cloud: SocketAddress;
  resourceManager: SocketAddress;
  /** Data plane of App Configuration: it fails on its own. */
  appConfiguration: SocketAddress;
  /** Public addresses that no endpoint reserves, as CIDR. */
  publicPool: string;
  /** The local cloud's own API (faults, state), apart so that it outlives a refused cloud API. */
  control: SocketAddress;
  nsd: SocketAddress;
  unbound: SocketAddress;
  /** What clients send from. */
  clients: string;
  /** The edge has two addresses, every other host one. */
  hosts: Record<HostName, HostAddress[]>;
  /** SQL servers and storage accounts of both regions. */
  data: DataHosts;
}

const lockPort = 5299;
const cloudPort = 8080;
const controlPort = 8081;
const dnsPort = 5300;
const sshPort = 2222;
const resourceManagerPort = 8444;
const appConfigurationPort = 8445;

/** Besides the client port; the same in every block. */
export const fixedPorts = [
  lockPort,
  cloudPort,
  controlPort,
  dnsPort,
  sshPort,
  resourceManagerPort,
  appConfigurationPort,
  ...dataPorts,
];

/** The socket that the owner of a block holds for as long as it lives. */
export function lockOf(block: number): SocketAddress {
  return { address: `127.${block}.0.1`, port: lockPort };
}

export interface AddressOptions {
  /** 20–99 */
  block: number;
  clientPort: number;
  /** Default: the layout of the committed configuration, moved to this block. */
  endpoints?: Endpoints;
}

/**
 * Every address of the plant in block 127.N.0.0/16.
 * @throws PLANT_MISMATCH when an endpoint is outside of the block
 */
export function plantAddresses({
  block,
  clientPort,
  endpoints = defaultEndpoints(block),
}: AddressOptions): PlantAddresses {
  const at = (rest: string) => `127.${block}.${rest}`;
  assertInBlock(endpoints, block);
  const { loadBalancers, apiServers } = endpoints;
  return {
    block,
    cidr: `${at("0.0")}/16`,
    clientPort,
    sshPort,
    resourceManager: { address: at("0.11"), port: resourceManagerPort },
    appConfiguration: { address: at("0.12"), port: appConfigurationPort },
    publicPool: at("9.0/24"),
    cloud: { address: at("0.10"), port: cloudPort },
    control: { address: at("0.10"), port: controlPort },
    nsd: { address: at("0.53"), port: dnsPort },
    unbound: { address: at("0.55"), port: dnsPort },
    clients: at("8.1"),
    hosts: {
      edge: [host(at("0.80")), host(at("0.81"))],
      "load-balancer-main": [host(loadBalancers.main)],
      "load-balancer-backup": [host(loadBalancers.backup)],
      "api-main": [host(apiServers.main)],
      "api-backup": [host(apiServers.backup)],
    },
    data: dataHosts((rest) => host(at(rest))),
  };
}

export function defaultEndpoints(block: number): Endpoints {
  const at = (last: number) => `127.${block}.1.${last}`;
  return { loadBalancers: { main: at(11), backup: at(12) }, apiServers: { main: at(21), backup: at(22) } };
}

/** The first address of a host; every host but the edge has only this one. */
export function mainAddress(addresses: PlantAddresses, name: HostName): HostAddress {
  const [first] = addresses.hosts[name];
  if (!first) throw new Error(`${name} has no address`);
  return first;
}

const shadowShift = 100;

/** Where the servers of a host with this address really listen. */
export function shadowOf(address: string): string {
  const octets = address.split(".").map(Number);
  octets[2] = (octets[2] ?? 0) + shadowShift;
  return octets.join(".");
}

function host(address: string): HostAddress {
  return { address, shadow: shadowOf(address) };
}

function assertInBlock({ loadBalancers, apiServers }: Endpoints, block: number): void {
  const named = {
    "endpoints.loadBalancers.main": loadBalancers.main,
    "endpoints.loadBalancers.backup": loadBalancers.backup,
    "endpoints.apiServers.main": apiServers.main,
    "endpoints.apiServers.backup": apiServers.backup,
  };
  const strangers = Object.entries(named).filter(([, address]) => !isHostOf(address, block));
  if (strangers.length === 0) return;
  throw new FailoverError("PLANT_MISMATCH", {
    problems: strangers.map(
      ([key, address]) =>
        `${key} is ${address}; this plant's hosts are in 127.${block}.0.0–127.${block}.99.255.`,
    ),
    fix: `Give the endpoints addresses of block 127.${block}.0.0/16.`,
  });
}

/** A host may have it: in the block, and with room for its shadow. */
export function isHostOf(address: string, block: number): boolean {
  if (!net.isIPv4(address)) return false;
  const [first, second, third] = address.split(".").map(Number);
  return first === 127 && second === block && third !== undefined && third < shadowShift;
}
