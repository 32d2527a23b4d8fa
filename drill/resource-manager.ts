import { once } from "node:events";
import { request, type RequestOptions } from "node:https";
import { text } from "node:stream/consumers";

/** How to reach Azure Resource Manager of a local plant, and as whom. */
export interface ResourceManager {
  /** `host:port` */
  host: string;
  tenantId: string;
  clientId: string;
  clientSecret: string;
  /** PEM of the authority its certificate is of. */
  ca: string;
}

export interface ArmAnswer {
  status: number;
  /** Code of the error body; null for anything else. */
  code: string | null;
}

/** One call with a token of its own: what somebody sees who asks the API itself, past Pulumi. */
export async function callResourceManager(
  manager: ResourceManager,
  { method, path, body }: { method: string; path: string; body?: unknown },
): Promise<ArmAnswer> {
  const token = await getToken(manager);
  const { status, text: answer } = await send(manager, {
    options: {
      method,
      path,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    },
    body: body === undefined ? "" : JSON.stringify(body),
  });
  return { status, code: errorCode(answer) };
}

async function getToken(manager: ResourceManager): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: manager.clientId,
    client_secret: manager.clientSecret,
    scope: `https://${manager.host}/.default`,
  });
  const { status, text: answer } = await send(manager, {
    options: {
      method: "POST",
      path: `/${manager.tenantId}/oauth2/v2.0/token`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
    },
    body: form.toString(),
  });
  if (status !== 200) throw new Error(`no token: ${status} ${answer}`);
  return (JSON.parse(answer) as { access_token: string }).access_token;
}

async function send(
  { host, ca }: ResourceManager,
  { options, body }: { options: RequestOptions; body: string },
): Promise<{ status: number; text: string }> {
  const [hostname, port] = host.split(":");
  const call = request({ hostname, port, ca, agent: false, ...options, signal: AbortSignal.timeout(10_000) });
  call.end(body);
  const [response] = await once(call, "response");
  return { status: response.statusCode ?? 0, text: await text(response) };
}

function errorCode(answer: string): string | null {
  try {
    return (JSON.parse(answer) as { error?: { code?: string } }).error?.code ?? null;
  } catch {
    return null; // A proxy's page or nothing at all: the status says enough.
  }
}
