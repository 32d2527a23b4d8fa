import { writeFileSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import path from "node:path";
import { json } from "node:stream/consumers";
import test from "ava";
import { parse } from "yaml";
import { apiServerCloudConfig } from "../../../infra/hosts/index.ts";
import { selfSigned } from "./certificate.ts";
import { apiServer } from "./host-options.ts";
import { ownAddress, startProgram } from "./host-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const port = 18_443;
const address = ownAddress(23);

test("as JavaScript of a machine, without its packages, it takes its key from systemd and says that it lives", async (t) => {
  const folder = temporaryFolder();
  const document = parse(apiServerCloudConfig(apiServer)) as {
    write_files: { path: string; content: string }[];
  };
  for (const { path: file, content } of document.write_files) {
    if (!file.startsWith("/opt/failover/")) continue;
    writeFileSync(path.join(folder, path.basename(file)), content);
  }
  const { certificate, pem } = await selfSigned("example.test", [address]);
  writeFileSync(path.join(folder, "tls.pem"), pem);
  const running = await startProgram(t, {
    host: {
      name: "api-main",
      listen: `${address}:${port}`,
      certificate: "/nowhere/tls.pem",
      edgeRanges: [],
      loadBalancers: [],
      stateFolder: folder,
      settings: { endpoint: "https://127.0.0.1:1", clientId: "none" },
    },
    folder,
    file: path.join(folder, "api-server.mjs"),
    env: { CREDENTIALS_DIRECTORY: folder },
  });
  const get = async (url: string) => {
    const place = { host: address, port, path: url, ca: certificate, servername: "example.test" };
    const request = https.get({ ...place, agent: false, headers: { "x-api-key": "k" } });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { status: response.statusCode, body: await json(response) };
  };
  t.deepEqual(await get("/healthz"), { status: 200, body: { status: "ok", server: "api-main" } });
  t.is((await get("/v2/echo")).status, 404);
  t.deepEqual(await get("/v1/echo"), {
    status: 503,
    body: { error: "unavailable", reason: "its packages are not installed" },
  });
  t.notRegex(running.errors, /Warning/);
  t.is(await running.stop("SIGTERM"), 0);
});
