import type { PlantAnswer, PlantCall, PlantRequest } from "../../cloud/azure/plant-protocol.ts";
import { AzureRefusal } from "../azure-refusal.ts";
import type { RunningProcess } from "../supervisor.ts";
import { ProvisioningFailure } from "./provisioning-failure.ts";

/**
 * Carries out what the cloud process asks for on its standard output, and answers on its standard
 * input, in whatever order things are done.
 */
export function serveCloud(
  { lines, stdin }: RunningProcess,
  serve: (call: PlantCall) => Promise<unknown>,
): void {
  lines.onLine((line) => {
    const request = JSON.parse(line) as PlantRequest | { ready: true };
    if (!("id" in request)) return;
    void carryOut(request, serve).then((answer) => stdin?.write(`${JSON.stringify(answer)}\n`));
  });
}

async function carryOut(
  request: PlantRequest,
  serve: (call: PlantCall) => Promise<unknown>,
): Promise<PlantAnswer> {
  const { id } = request;
  try {
    return { id, done: true, value: await serve(request) };
  } catch (error) {
    return { id, error: asAzure(request, error) };
  }
}

/**
 * A refusal has its own code. A machine has the code and the wording of one that could not provision itself
 * (learn.microsoft.com/troubleshoot/azure/virtual-machines/linux/os-provisioning-errors, 2026-11).
 * What is no failure of the machine's own is the cloud's.
 */
function asAzure(call: PlantCall, error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof AzureRefusal) return { code: error.code, message };
  if (!("boot" in call)) return { code: "InternalExecutionError", message };
  const { name } = call.boot;
  return error instanceof ProvisioningFailure || isNotReady(error)
    ? {
        code: "OSProvisioningClientError",
        message: `OS Provisioning for VM '${name}' failed. Error details: ${message}`,
      }
    : {
        code: "OSProvisioningInternalError",
        message: `OS Provisioning failed for VM '${name}' due to an internal error: ${message}`,
      };
}

/** A unit of the machine did not become ready. */
function isNotReady(error: unknown): boolean {
  return (error as { code?: unknown }).code === "PLANT_FAILED";
}
