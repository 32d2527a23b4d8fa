import { once } from "node:events";
import { createServer } from "node:http";
import net from "node:net";
import type { AddressInfo, Server } from "node:net";
import test from "ava";
import type { ExecutionContext } from "ava";
import { proveRefuses } from "../../../drill/faults/reach.ts";

async function urlOf(t: ExecutionContext, server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

test("a closed port and a reset connection prove that an API refuses", async (t) => {
  const closed = net.createServer();
  const url = await urlOf(t, closed);
  closed.close();
  await once(closed, "close");
  t.like(await proveRefuses(url), { proven: true });
  const reset = await urlOf(
    t,
    net.createServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
  );
  t.like(await proveRefuses(reset), { proven: true });
});

test("an API that answers, is silent, or has no address does not refuse", async (t) => {
  const answers = await urlOf(
    t,
    createServer((_, response) => response.writeHead(503).end()),
  );
  t.deepEqual(await proveRefuses(answers), { proven: false, evidence: `GET ${answers}: 503` });
  const sockets: net.Socket[] = [];
  t.teardown(() => sockets.forEach((socket) => socket.destroy()));
  const silent = await urlOf(
    t,
    net.createServer((socket) => sockets.push(socket)),
  );
  t.deepEqual(await proveRefuses(silent), { proven: false, evidence: `GET ${silent}: no answer` });
  t.like(await proveRefuses("no address"), { proven: false });
});
