import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import test, { type ExecutionContext } from "ava";
import { ApiClient, type ApiFailure } from "../../../../local/plugins/cloudflare/api-client.ts";
import { retryDelayMs } from "../../../../local/plugins/cloudflare/retry.ts";

type Behaviour = (response: ServerResponse) => void;

/** A server that behaves as listed, call by call, the last one for ever; and a client that waits for nothing. */
async function serve(t: ExecutionContext, ...behaviours: [Behaviour, ...Behaviour[]]) {
  const calls: IncomingHttpHeaders[] = [];
  const delaysMs: number[] = [];
  const server = createServer((request, response) => {
    request.resume();
    const behave = behaviours[Math.min(calls.length, behaviours.length - 1)] ?? behaviours[0];
    calls.push(request.headers);
    behave(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const timing = {
    nowMs: () => Date.UTC(2026, 0, 1),
    random: () => 0,
    wait: async (delayMs: number) => void delaysMs.push(delayMs),
  };
  const config = { baseUrl: `http://127.0.0.1:${port}`, apiToken: "t".repeat(40) };
  return { client: new ApiClient(config, timing), calls, delaysMs, server };
}

const post = { method: "POST", path: "/zones/z/dns_records", body: { name: "www" } } as const;
const json = { "content-type": "application/json" };
const ok: Behaviour = (response) => response.writeHead(200, json).end('{"result":{"id":"1"}}');
const answering =
  (status: number, headers: Record<string, string> = {}, body = "{}"): Behaviour =>
  (response) =>
    response.writeHead(status, { ...json, ...headers }).end(body);
const reset: Behaviour = (response) => response.socket?.resetAndDestroy();
const cut: Behaviour = (response) => {
  response.writeHead(200, { ...json, "content-length": "100" }).write("{");
  response.socket?.end();
};

for (const status of [408, 409, 429, 500, 502, 503]) {
  test(`${status} is tried again, POST included`, async (t) => {
    const { client, calls } = await serve(t, answering(status), ok);
    t.deepEqual(await client.call(post), { id: "1" });
    t.deepEqual(
      calls.map((headers) => headers["x-stainless-retry-count"]),
      ["0", "1"],
    );
  });
}

for (const status of [400, 401, 403, 404, 422]) {
  test(`${status} is final`, async (t) => {
    const { client, calls } = await serve(t, answering(status));
    const failure = await t.throwsAsync<ApiFailure>(client.call(post));
    t.is(failure.status, status);
    t.is(calls.length, 1);
  });
}

test("a call is given up after 11 tries that wait 2, 4, 8, 16, then 30 seconds", async (t) => {
  const { client, calls, delaysMs } = await serve(t, answering(503, { "content-type": "text/html" }, "<h1>"));
  await t.throwsAsync(client.call(post), { message: /": 503 Service Unavailable $/ });
  t.is(calls.length, 11);
  t.deepEqual(
    delaysMs,
    [2, 4, 8, 16, 30, 30, 30, 30, 30, 30].map((seconds) => seconds * 1000),
  );
});

test("a reset connection and a cut answer are tried again", async (t) => {
  const { client, calls } = await serve(t, reset, cut, ok);
  t.deepEqual(await client.call(post), { id: "1" });
  t.is(calls.length, 3);
});

test("a refused connection is reported in the official plugin's words after 11 tries", async (t) => {
  const { client, delaysMs, server } = await serve(t, ok);
  await new Promise((resolve) => server.close(resolve));
  const refused = /^failed to make http request: Post "http:.*": dial tcp .*: connect: connection refused$/;
  await t.throwsAsync(client.call(post), { message: refused });
  t.is(delaysMs.length, 10);
});

test("the server's x-should-retry has the last word", async (t) => {
  const never = await serve(t, answering(503, { "x-should-retry": "false" }));
  await t.throwsAsync(never.client.call(post));
  t.is(never.calls.length, 1);
  const again = await serve(t, answering(400, { "x-should-retry": "true" }), ok);
  t.deepEqual(await again.client.call(post), { id: "1" });
});

test("an error quotes the URL and the answer as it was sent", async (t) => {
  const body = '{"errors":[{"code":81058}]}';
  const { client } = await serve(t, answering(400, {}, body));
  const { message } = await t.throwsAsync(client.call(post));
  t.regex(
    message,
    /^failed to make http request: POST "http:\/\/127[^"]*\/zones\/z\/dns_records": 400 Bad Request {/,
  );
  t.true(message.endsWith(body));
});

test("any 2xx is a success, also one that is no JSON", async (t) => {
  const { client } = await serve(t, (response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
  );
  t.deepEqual(await client.call(post), {});
});

test("cancelling ends a wait at once, and later calls are served", async (t) => {
  const { server } = await serve(t, answering(503), ok);
  const { port } = server.address() as AddressInfo;
  let waits = () => {};
  const waiting = new Promise<void>((resolve) => (waits = resolve));
  const timing = {
    nowMs: Date.now,
    random: Math.random,
    wait: (_: number, signal: AbortSignal) => {
      waits();
      return setTimeout(3_600_000, undefined, { signal });
    },
  };
  const client = new ApiClient({ baseUrl: `http://127.0.0.1:${port}`, apiToken: undefined }, timing);
  const call = t.throwsAsync(client.call(post), { message: /context canceled$/ });
  await waiting;
  client.cancel();
  await call;
  t.deepEqual(await client.call(post), { id: "1" });
});

test("cancelling ends a call that is never answered", async (t) => {
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => (arrived = resolve));
  const { client } = await serve(t, () => arrived());
  const call = t.throwsAsync(client.call(post), { message: /context canceled$/ });
  await arrival;
  client.cancel();
  await call;
});

const clock = { nowMs: () => Date.UTC(2026, 0, 1), random: () => 0.5 };
const delays: [headers: Record<string, string>, delayMs: number][] = [
  [{}, 1750],
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "3600" }, 3_600_000],
  [{ "retry-after-ms": "150", "retry-after": "9" }, 150],
  [{ "retry-after": new Date(Date.UTC(2026, 0, 1, 0, 0, 5)).toUTCString() }, 5000],
  [{ "retry-after": "soon" }, 1750],
];
for (const [headers, delayMs] of delays) {
  test(`an answer with ${JSON.stringify(headers)} is waited for ${delayMs} ms`, (t) => {
    t.is(retryDelayMs(0, headers, clock), delayMs);
  });
}
