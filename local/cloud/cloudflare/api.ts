import type { IncomingMessage, ServerResponse } from "node:http";
import { timingSafeEqual } from "node:crypto";
import { ApiError } from "./api-error.ts";
import { monotonicMs } from "../request-log.ts";
import { publishedLimit, RateLimit } from "./rate-limit.ts";
import { type Answer, findRoute, listRoutes, type Route, type Zone } from "./routes.ts";

const bodyLimitBytes = 1_000_000;

export interface ApiSettings {
  /** The one bearer token that is accepted: 40 or more of A–Z a–z 0–9 _ -. */
  token: string;
  zone: Zone;
  limit?: typeof publishedLimit;
  nowMs?: () => number;
}

interface Reply {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/** Answers one call of Cloudflare's v4 API, with or without the prefix `/client/v4`. */
export type ApiHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** parse → authenticate → limit → handle → answer. */
export function createApi(settings: ApiSettings): ApiHandler {
  const routes = listRoutes(settings.zone);
  const rateLimit = new RateLimit(settings.limit ?? publishedLimit, settings.nowMs ?? monotonicMs);

  return async (request, response) => {
    const reply = await answer(request, { routes, rateLimit, token: settings.token });
    const text = JSON.stringify(reply.body);
    response.writeHead(reply.status, { ...reply.headers, "content-type": "application/json" }).end(text);
  };
}

interface Context {
  routes: Route[];
  rateLimit: RateLimit;
  token: string;
}

async function answer(request: IncomingMessage, context: Context): Promise<Reply> {
  let headers: Record<string, string> = {};
  try {
    const { path, query } = parseUrl(request.url ?? "/");
    const method = request.method ?? "GET";
    const token = readToken(request.headers.authorization);
    const known = isSame(token, context.token);
    const { route, parts } = findRoute(context.routes, method, path);
    if (!known) throw new ApiError(route.unknownToken);
    headers = context.rateLimit.take();
    const body = await readBody(request);
    return success(await route.handle({ parts, query, body, token }), headers);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, headers: { ...headers, ...error.headers }, body: error.body() };
  }
}

function success({ result, page, messages }: Answer, headers: Record<string, string>): Reply {
  const envelope = { result, success: true, errors: [], messages: messages ?? [] };
  return { status: 200, headers, body: page ? { ...envelope, result_info: page } : envelope };
}

function parseUrl(url: string): { path: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  const path = pathname.replace(/^\/client\/v4(?=\/)/, "").replace(/(.)\/$/, "$1");
  return { path, query: searchParams };
}

function readToken(authorization: string | undefined): string {
  if (authorization === undefined) throw new ApiError("missingAuthorization");
  const token = /^Bearer ([\w-]{40,})$/.exec(authorization)?.[1];
  if (token) return token;
  const chain = [{ code: 6111, message: "Invalid format for Authorization header" }];
  throw new ApiError("malformedAuthorization", { chain });
}

function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyLimitBytes) throw new ApiError("invalidBody");
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  if (!request.headers["content-type"]?.startsWith("application/json"))
    throw new ApiError("wrongContentType");
  return parseObject(Buffer.concat(chunks).toString());
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words are not Cloudflare's.
    throw new ApiError("malformedJson");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ApiError("invalidBody");
  return { ...value };
}
