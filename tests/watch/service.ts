import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { ExecutionContext } from "ava";
import { plantAddresses } from "../../local/plant/addresses.ts";
import { createTlsFiles } from "../../local/plant/tls.ts";
import type { ProbeTarget } from "../../watch/probe.ts";
import { DnsStub } from "./dns-stub.ts";
import { temporaryFolder } from "../temporary-folder.ts";

export interface Asked {
  method: string;
  url: URL;
  body: string;
  headers: IncomingMessage["headers"];
}

export type Answer = (asked: Asked) => { status: number; body: string } | "silence" | "broken";

/** An HTTPS server behind a name server; the answer can be changed while it runs. */
export class Service {
  answer: Answer;
  connections = 0;
  readonly dns = new DnsStub();
  target!: ProbeTarget;
  #server!: Server;

  constructor(answer: Answer) {
    this.answer = answer;
  }

  async start(t: ExecutionContext): Promise<this> {
    const folder = temporaryFolder();
    const addresses = plantAddresses({ block: 20, clientPort: 8443 });
    const tls = await createTlsFiles({ folder, zoneName: "saas.test", addresses });
    const pem = readFileSync(tls.edge);
    this.#server = createServer({ cert: pem, key: pem }, (request, response) => {
      void this.#serve(request, response);
    });
    this.#server.on("secureConnection", () => (this.connections += 1));
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    t.teardown(() => {
      this.#server.closeAllConnections();
      this.#server.close();
      this.dns.close();
    });
    this.target = {
      host: "api.saas.test",
      port: (this.#server.address() as AddressInfo).port,
      path: "/v1/echo",
      dns: await this.dns.listen(),
      ca: readFileSync(tls.clientsAuthority, "utf8"),
      localAddress: "127.0.0.1",
      apiKey: "key of a customer",
      servers: ["api-main", "api-backup"],
      boundMs: 2000,
      perSecond: 20,
    };
    return this;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "https://x");
    const { method = "GET", headers } = request;
    const told = this.answer({ method, url, body: await text(request), headers });
    if (told === "broken") request.socket.destroy();
    else if (told !== "silence") response.writeHead(told.status).end(told.body);
  }
}
