import { once } from "node:events";
import { request } from "node:https";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import test from "ava";
import { Listener } from "../../../../local/cloud/azure/listener.ts";
import { certify } from "./azure-fixture.ts";

test("a request whose path is no address is answered, and the next one, too", async (t) => {
  const { pem: certificate, ca } = await certify();
  const listener = new Listener({
    address: "127.0.0.1",
    port: 0,
    certificate,
    areas: ["all"],
    areaOf: () => "all",
    handle: ({ path }) => Promise.resolve({ status: 200, body: { path } }),
  });
  await listener.open();
  t.teardown(() => listener.close());
  const { port } = new URL(listener.url);
  const ask = async (path: string) => {
    const call = request({ host: "127.0.0.1", port, path, ca, agent: false });
    call.end();
    const [response] = (await once(call, "response")) as [IncomingMessage];
    return { status: response.statusCode, body: JSON.parse(await text(response)) as unknown };
  };
  t.like(await ask("*"), { status: 400 });
  t.deepEqual(await ask("//"), { status: 200, body: { path: "//" } });
  t.deepEqual(await ask("//elsewhere/subscriptions"), {
    status: 200,
    body: { path: "//elsewhere/subscriptions" },
  });
});
