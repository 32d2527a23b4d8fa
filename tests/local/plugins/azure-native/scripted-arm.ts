import "reflect-metadata";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as x509 from "@peculiar/x509";
import type { ExecutionContext } from "ava";
import { ArmClient } from "../../../../local/plugins/azure-native/arm-client.ts";
import type { Timing } from "../../../../local/plugins/azure-native/attempts.ts";
import { Transport } from "../../../../local/plugins/azure-native/transport.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

export interface Reply {
  /** 0 cuts the connection. */
  status: number;
  headers?: Record<string, string>;
  /** A string is sent as it is. */
  body?: object | string;
}

export interface Received {
  /** "PUT /subscriptions/s/…?api-version=…", the token's path as "POST /token". */
  call: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

export interface ScriptedArm {
  url: string;
  /** PEM file that trusts it. */
  trust: string;
  received: Received[];
  /** The calls to resources, without query and subscription. */
  calls: () => string[];
  client: ArmClient;
  /** Waits between tries and polls, in milliseconds. */
  waits: number[];
}

/** A server of HTTPS on 127.0.0.1 that answers tokens itself and everything else as the test says. */
export async function openScriptedArm(
  t: ExecutionContext,
  answer: (call: string, received: Received) => Reply | undefined,
): Promise<ScriptedArm> {
  const { pem, trust } = await certify();
  const received: Received[] = [];
  let url = "";
  const server = createServer({ cert: pem, key: pem }, (request, response) => {
    void (async () => {
      const content = await text(request).catch(() => null);
      // The test is over, and nobody waits for the answer.
      if (content === null || !server.listening) return;
      const { method = "", url: path = "", headers } = request;
      const entry = {
        call: `${method} ${path}`,
        headers,
        body: content.startsWith("{") ? JSON.parse(content) : content,
      };
      received.push(entry);
      const reply = answer(entry.call, entry) ?? signIn(path, url);
      if (!reply) return;
      if (reply.status === 0) {
        request.socket.destroy();
        return;
      }
      response.writeHead(reply.status, reply.headers);
      response.end(typeof reply.body === "object" ? JSON.stringify(reply.body) : reply.body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const waits: number[] = [];
  const client = connect(t, { url, trust, waits });
  return {
    url,
    trust,
    received,
    client,
    waits,
    calls: () => received.map(shortened).filter((call) => call !== ""),
  };
}

function connect(
  t: ExecutionContext,
  { url, trust, waits }: { url: string; trust: string; waits: number[] },
) {
  const timing: Timing = {
    nowMs: () => 0,
    random: () => 0.4,
    wait: async (delayMs, signal) => {
      waits.push(delayMs);
      signal.throwIfAborted();
    },
  };
  const config = {
    metadataHost: url,
    tenantId: "t",
    clientId: "c",
    clientSecret: "x",
    subscriptionId: "s",
    location: undefined,
  };
  const metadata = { resourceManager: url, loginEndpoint: url, audience: "https://arm" };
  const transport = new Transport({ SSL_CERT_FILE: trust });
  t.teardown(() => transport.close());
  return new ArmClient({ config, metadata }, transport, timing);
}

function signIn(url: string, base: string): Reply | undefined {
  if (url === "/t/v2.0/.well-known/openid-configuration")
    return { status: 200, body: { token_endpoint: `${base}/token` } };
  if (url === "/token") return { status: 200, body: { access_token: "a.b.c" } };
  return undefined;
}

function shortened({ call }: Received): string {
  if (!call.includes("/subscriptions/") && !call.includes("/operations/")) return "";
  return call.replace(/\?.*$/, "").replace("/subscriptions/s/resourceGroups/plant/providers/", "");
}

async function certify(): Promise<{ pem: string; trust: string }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=scripted",
    notBefore: new Date(Date.now() - 3_600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  });
  const key = x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", keys.privateKey),
    "PRIVATE KEY",
  );
  const trust = join(temporaryFolder(), "trust.pem");
  writeFileSync(trust, certificate.toString("pem"));
  return { pem: `${certificate.toString("pem")}\n${key}\n`, trust };
}
