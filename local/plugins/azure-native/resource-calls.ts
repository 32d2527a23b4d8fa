import { pathOf, typeOfPath } from "../../cloud/azure/table/table.ts";
import type { ResourceType } from "../../cloud/azure/table/row.ts";
import type { Properties } from "../rpc.ts";
import { type ArmClient, readBody } from "./arm-client.ts";
import { ArmFailure } from "./arm-failure.ts";
import { toBody } from "./body.ts";
import { inputsOfBody, inputsOfOutputs, outputsOf } from "./outputs.ts";
import { Unfinished } from "./partial-failure.ts";
import { pollUntilDone } from "./poll.ts";
import { carryChanges } from "./refresh.ts";

/** Everything that calls about one resource need. */
export interface Target {
  row: ResourceType;
  client: ArmClient;
  signal: AbortSignal;
}

export interface ResourceState {
  id: string;
  outputs: Properties;
}

/** Singletons are never gone: what a DELETE of one writes (provider/pkg/resources/defaults). */
const defaultInputs: Record<string, Properties> = {
  "azure-native:sql:BackupShortTermRetentionPolicy": { retentionDays: 7 },
  "azure-native:storage:BlobServiceProperties": {},
};

/**
 * GET, which must find nothing; PUT; GET.
 * @throws Error `cannot create already existing resource '<id>'`; ArmFailure; Unfinished when ARM took the PUT and
 * its operation failed.
 */
export async function createResource(target: Target, inputs: Properties): Promise<ResourceState> {
  const path = requirePath(target, inputs);
  const body = toBody(target.row, inputs);
  await requireAbsent(target, path);
  for (const name of target.row.maintained ?? []) placeOf(target.row, name, body)[name] ??= [];
  return write(target, { path, body });
}

/**
 * PUT of the whole resource; GET. Arrays that the program leaves to stand-alone resources are sent as they are.
 * @throws as createResource
 */
export async function updateResource(target: Target, inputs: Properties): Promise<ResourceState> {
  const { row, client, signal } = target;
  const path = requirePath(target, inputs);
  const body = toBody(row, inputs);
  const unset = (row.maintained ?? []).filter((name) => inputs[name] === undefined);
  if (unset.length > 0) {
    const now = await client.get(path, row.apiVersion, signal).catch((error: Error) => {
      throw new Error(
        `failed maintaining unset sub-resource properties: reading cloud state: ${error.message}`,
      );
    });
    for (const name of unset) placeOf(row, name, body)[name] = placeOf(row, name, now)[name] ?? [];
  }
  return write(target, { path, body });
}

/**
 * GET. Without inputs it is an import, and they are worked out from id and answer; else what changed in the cloud
 * is carried into them.
 * @returns undefined when the resource is gone.
 */
export async function readResource(
  { row, client, signal }: Target,
  known: ResourceState & { inputs: Properties | undefined },
): Promise<(ResourceState & { inputs: Properties }) | undefined> {
  const { id, inputs } = known;
  const body = await client.get(id, row.apiVersion, signal).catch(ignoreMissing);
  if (!body) return undefined;
  const outputs = outputsOf(row, body);
  if (!inputs) return { id, outputs, inputs: { ...parametersOf(row, id), ...inputsOfBody(row, body) } };
  const unset = (row.maintained ?? []).filter((name) => inputs[name] === undefined);
  const hidden = Object.fromEntries(unset.map((name) => [name, []]));
  const own = { ...outputs, ...hidden };
  const before = inputsOfOutputs(row, { ...known.outputs, ...hidden });
  return { id, outputs: own, inputs: carryChanges(inputs, before, inputsOfOutputs(row, own)) };
}

/** DELETE, where a resource that is gone is fine; a singleton gets its default values by PUT. */
export async function deleteResource({ row, client, signal }: Target, id: string): Promise<void> {
  const { apiVersion, longRunning } = row;
  if (row.singleton !== undefined) {
    await put({ row, client, signal }, { path: id, body: toBody(row, defaultInputs[row.token] ?? {}) });
    return;
  }
  const answer = await client.call({ method: "DELETE", path: id, apiVersion }, signal);
  if (answer.status === 404) return;
  if (![200, 202, 204].includes(answer.status)) throw new ArmFailure(answer);
  if (!longRunning.delete) return;
  await pollUntilDone(client, { method: "DELETE", path: id, apiVersion, answer }, signal).catch(
    ignoreMissing,
  );
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof ArmFailure && error.status === 404) return undefined;
  throw error;
}

async function requireAbsent({ row, client, signal }: Target, path: string): Promise<void> {
  const answer = await client.call({ method: "GET", path, apiVersion: row.apiVersion }, signal);
  if (answer.status === 404 || answer.status === 204) return;
  if (answer.status !== 200) {
    throw new Error(
      `cannot check existence of resource '${path}': status code ${answer.status}, ${answer.text}`,
    );
  }
  if (row.singleton !== undefined || isEmpty(answer.text)) return;
  throw new Error(`cannot create already existing resource '${path}'`);
}

/** Some APIs answer 200 and nothing for what does not exist. */
function isEmpty(text: string): boolean {
  try {
    return Object.keys(JSON.parse(text) as object).length === 0;
  } catch {
    return true; // What is no JSON is no resource: the official plugin takes it so.
  }
}

interface Put {
  path: string;
  body: Properties;
}

async function write(target: Target, { path, body }: Put): Promise<ResourceState> {
  const { row, client, signal } = target;
  const answer = await put(target, { path, body }).catch(async (error: unknown) => {
    if (!(error instanceof Unfinished)) throw error;
    const state = await client.get(path, row.apiVersion, signal).catch((failure: Error) => failure);
    if (state instanceof Error) throw error.withoutState(path, state);
    throw error.withState(path, outputsOf(row, state));
  });
  const id = typeof answer.id === "string" ? answer.id : path;
  const read = await client.get(id, row.apiVersion, signal).catch((error: Error) => {
    process.stderr.write(`Failed to read resource after writing ${id}: ${error.message}\n`);
  });
  return { id, outputs: outputsOf(row, read ?? answer) };
}

/** @throws Unfinished once ARM has taken it. */
async function put({ row, client, signal }: Target, { path, body }: Put): Promise<Record<string, unknown>> {
  const { apiVersion } = row;
  const answer = await client.call({ method: "PUT", path, apiVersion, body }, signal);
  if (![200, 201, 202].includes(answer.status)) throw new ArmFailure(answer);
  if (!row.longRunning.put && answer.status !== 202) return readBody(answer);
  try {
    return await pollUntilDone(client, { method: "PUT", path, apiVersion, answer }, signal);
  } catch (error) {
    throw new Unfinished(error as Error);
  }
}

function requirePath({ row, client }: Target, inputs: Properties): string {
  const path = pathOf(row, client.subscriptionId, inputs);
  if (path === undefined) throw new Error(`the names of a ${row.type} are not known`);
  return path;
}

/** The object of a body that holds an input. */
function placeOf(row: ResourceType, name: string, body: Properties): Properties {
  return row.envelope.includes(name) ? body : ((body.properties ??= {}) as Properties);
}

/** @throws Error when the id is not one of this type. */
function parametersOf(row: ResourceType, id: string): Properties {
  const parts = typeOfPath(id);
  if (parts?.row !== row) throw new Error(`'${id}' is not the id of a ${row.type}`);
  const segments = row.type.split("/").slice(1);
  const own = parts.names.filter((_, at) => row.fixed?.[segments[at] ?? ""] === undefined);
  const names = Object.fromEntries(row.names.map((name, at) => [name, own[at]]));
  if (row.scope === "any") return { ...names, scope: parts.scope };
  return row.scope === "resourceGroup" ? { ...names, resourceGroupName: parts.resourceGroupName } : names;
}
