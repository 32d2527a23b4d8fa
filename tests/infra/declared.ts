import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { serverNames } from "../../infra/names.ts";
import { typeOfToken } from "../../local/cloud/azure/table/table.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A resource as a program declared it. */
export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  options: {
    protect: boolean;
    retainOnDelete: boolean;
    ignoreChanges: string[];
    replaceOnChanges: string[];
    /** Type and name of every resource it waits for, as keyOf gives them. */
    waitsFor: string[];
  };
}

/** The part of the engine's own request that says how a resource is treated. */
interface Request {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getDependenciesList(): string[];
}

function optionsOf(request: Request): Declared["options"] {
  return {
    protect: request.getProtect(),
    retainOnDelete: request.getRetainondelete(),
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    waitsFor: request.getDependenciesList().map((urn) => {
      const [types = "", name = ""] = urn.split("::").slice(2);
      return `${types.split(":").at(-1)} ${name}`;
    }),
  };
}

/** What the clouds answer to a resource, where a program reads it. */
const answers: Record<string, (name: string) => Record<string, unknown>> = {
  "azure-native:network:PublicIPAddress": () => ({ ipAddress: "127.20.9.9" }),
  "azure-native:managedidentity:UserAssignedIdentity": (name) => ({
    principalId: `principal of ${name}`,
    clientId: `client of ${name}`,
  }),
  "azure-native:compute:VirtualMachine": (name) => ({ vmId: `vm of ${name}` }),
};

/** What a resource of Azure says its name is: the last of those in its path. */
function azureName(type: string, inputs: Record<string, unknown>): unknown {
  return inputs[typeOfToken(type)?.names.at(-1) ?? ""];
}

/** Parts of the SDK that its types leave out. */
interface Internals {
  getMonitor(): { registerResource(request: Request, callback: unknown): Promise<void> };
  waitForRPCs(): Promise<void>;
}

const internals = runtime as unknown as Internals;

/** Runs a program without an engine and returns what it declares, sorted by type and name. */
export async function declare(stack: string, program: () => unknown): Promise<Declared[]> {
  const inputsByKey = new Map<string, Record<string, unknown>>();
  const requests: Request[] = [];
  await runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        inputsByKey.set(keyOf({ type, name }), inputs);
        return {
          id: `${type}/${name}`,
          state: { name: azureName(type, inputs) ?? name, ...inputs, ...answers[type]?.(name) },
        };
      },
      call: ({ token }) => {
        throw new Error(`the program calls ${token}; a recovery must not ask anybody`);
      },
    },
    "failover-stacks",
    stack,
    false,
  );
  const monitor = internals.getMonitor();
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };
  await program();
  await internals.waitForRPCs();
  return requests
    .filter((request) => request.getCustom())
    .map((request) => {
      const named = { type: request.getType(), name: request.getName() };
      return { ...named, inputs: inputsByKey.get(keyOf(named)) ?? {}, options: optionsOf(request) };
    })
    .toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

export function keyOf({ type, name }: Pick<Declared, "type" | "name">): string {
  return `${type.split(":").at(-1)} ${name}`;
}

/** A folder as FAILOVER_SECRETS names one, with placeholders in place of secrets. */
export function secretsFolder(): string {
  const folder = temporaryFolder();
  const files = ["tls.pem", "trust.pem", "deploy-key", "deploy-key.pub"];
  for (const server of serverNames) files.push(`${server}.key`, `${server}.pub`);
  for (const file of files) {
    writeFileSync(
      join(folder, file),
      file.endsWith(".pub") ? `ssh-ed25519 AAAA${file} somebody@laptop\n` : `${file}\n`,
    );
  }
  return folder;
}
