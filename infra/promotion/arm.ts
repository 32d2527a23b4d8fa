import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Azure Resource Manager, as the providers reach it: the same variables lead to it and log in. */

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Cloud {
  /** Base of every call, without a slash at its end. */
  resourceManager: string;
  /** Base of the token endpoint. */
  login: string;
  audience: string;
}

export interface Answer {
  status: number;
  body: unknown;
  headers: Headers;
}

const publicCloud: Cloud = {
  resourceManager: "https://management.azure.com",
  login: "https://login.microsoftonline.com",
  audience: "https://management.azure.com",
};

const requestMs = 30_000;
/** How long the cloud and the sign-in service are asked again when they answer nothing. */
const signInMs = 60_000;
const busy: readonly number[] = [429, 500, 502, 503, 504];

/** The cloud that ARM_METADATA_HOSTNAME describes, or the public one. */
export async function findCloud(env: Environment): Promise<Cloud> {
  const host = env["ARM_METADATA_HOSTNAME"];
  if (!host) return publicCloud;
  const base = host.includes("://") ? host : `https://${host}`;
  const { status, body } = await askUntil(
    Date.now() + signInMs,
    `${base}/metadata/endpoints?api-version=2022-09-01`,
    {},
  );
  const found = body as {
    resourceManager?: string;
    authentication?: { loginEndpoint?: string; audiences?: string[] };
  };
  const { loginEndpoint, audiences } = found.authentication ?? {};
  if (status !== 200 || !found.resourceManager || !loginEndpoint || !audiences?.[0]) {
    throw new Error(`${base}/metadata/endpoints answered ${status} without the cloud's endpoints`);
  }
  return {
    resourceManager: withoutSlash(found.resourceManager),
    login: withoutSlash(loginEndpoint),
    audience: audiences[0],
  };
}

/** A token of the client that ARM_CLIENT_ID names, by its secret or by a federated token. */
export async function logIn({ login, audience }: Cloud, env: Environment): Promise<string> {
  const tenant = required(env, "ARM_TENANT_ID");
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: required(env, "ARM_CLIENT_ID"),
    scope: `${audience}/.default`,
    ...(await proofOf(env)),
  });
  const url = `${login}/${tenant}/oauth2/v2.0/token`;
  const { status, body } = await askUntil(Date.now() + signInMs, url, { method: "POST", body: form });
  const token = (body as { access_token?: string } | null)?.access_token;
  if (status !== 200 || !token)
    throw new Error(`logging in to ${login} failed: ${describe({ status, body })}`);
  return token;
}

async function proofOf(env: Environment): Promise<Record<string, string>> {
  const secret = env["ARM_CLIENT_SECRET"];
  if (secret) return { client_secret: secret };
  const file = env["ARM_OIDC_TOKEN_FILE_PATH"];
  const assertion = file ? (await readFile(file, "utf8")).trim() : env["ARM_OIDC_TOKEN"];
  if (!assertion) {
    throw new Error("none of ARM_CLIENT_SECRET, ARM_OIDC_TOKEN and ARM_OIDC_TOKEN_FILE_PATH is set");
  }
  return {
    client_assertion: assertion,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
}

/**
 * A request, sent again while nobody answers it or the answer is that of a busy or broken gateway: a promotion
 * is not given up over one of those. An answer that is no JSON has its text as body.
 * @throws Error with what the system said, when at the deadline still nobody answers
 */
export async function askUntil(deadlineMs: number, url: string, init: RequestInit): Promise<Answer> {
  while (true) {
    const answer = await ask(url, init);
    const failed = answer instanceof Error;
    if (!failed && !busy.includes(answer.status)) return answer;
    const pause = pauseMs(answer);
    if (Date.now() + pause >= deadlineMs) {
      if (failed) throw answer;
      return answer;
    }
    await delay(pause);
  }
}

async function ask(url: string, init: RequestInit): Promise<Answer | Error> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(requestMs), ...init });
    const text = await response.text();
    return { status: response.status, body: parse(text), headers: response.headers };
  } catch (error) {
    const { origin, pathname } = new URL(url);
    return new Error(`${origin}${pathname}: ${reasonOf(error)}`, { cause: error });
  }
}

/** `fetch failed` says nothing; what it was is in its cause, in several when a name has several addresses. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!cause) return message;
  const { message: reason, code } = cause as NodeJS.ErrnoException;
  return `${message}: ${reason || code}`;
}

/** The wait that an answer asks for; without one five seconds. */
export function pauseMs(answer: Answer | Error): number {
  if (answer instanceof Error) return 1000;
  const { headers } = answer;
  const exact = Number(headers.get("retry-after-ms"));
  return exact > 0 ? exact : Math.max(1, Number(headers.get("retry-after")) || 5) * 1000;
}

/** The cloud's name for what went wrong; "" when it gave none. */
export function codeOf({ body }: Pick<Answer, "body">): string {
  const { error } = (body ?? {}) as { error?: { code?: string } | string };
  return (typeof error === "object" ? error.code : undefined) ?? "";
}

/** What went wrong, in the cloud's words. */
export function describe({ status, body }: Pick<Answer, "status" | "body">): string {
  const { error } = (body ?? {}) as { error?: { code?: string; message?: string } | string };
  // An operation that failed is told by an answer that did not.
  const failed = status >= 400 ? `${status} ` : "";
  if (typeof error === "object") return `${failed}${error.code}: ${error.message}`;
  return `${status} ${typeof body === "string" ? body.slice(0, 500) : JSON.stringify(body)}`;
}

function parse(text: string): unknown {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text; // A proxy's page, shown as it is.
  }
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
