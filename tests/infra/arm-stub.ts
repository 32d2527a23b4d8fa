import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** How the stub's failover group answers; `primary` is the server that has the role at first. */
export interface ArmStubOptions {
  primary: "primary" | "secondary";
  planned?: "works" | "refused" | "operation fails";
}

export interface ArmStub {
  /** For ARM_METADATA_HOSTNAME. */
  host: string;
  /** Method and last part of the path of every call to Resource Manager but polls. */
  calls: string[];
  close(): Promise<void>;
}

/** As little of Azure Resource Manager as a promotion talks to, with long-running operations. */
export async function startArmStub({ primary, planned = "works" }: ArmStubOptions): Promise<ArmStub> {
  const calls: string[] = [];
  let role: string = primary;
  let polls = 0;
  const routes: [RegExp, (path: string) => [number, unknown]][] = [
    [
      /^GET \/metadata\/endpoints/,
      () => [
        200,
        { resourceManager: `${host}/`, authentication: { loginEndpoint: host, audiences: ["arm"] } },
      ],
    ],
    [/^POST \/tenant\/oauth2\/v2.0\/token/, () => [200, { access_token: "token" }]],
    [/^GET \/operation/, () => (polls++ === 0 ? [202, { status: "InProgress" }] : finished())],
    [/^POST .*\/failover\?/, (path) => (planned === "refused" ? refused : take(path))],
    [/^POST .*\/forceFailoverAllowDataLoss\?/, (path) => take(path)],
    [
      /^GET .*\/failoverGroups\/group\?/,
      (path) => [
        200,
        { properties: { replicationRole: path.includes(`/${role}/`) ? "Primary" : "Secondary" } },
      ],
    ],
  ];
  const refused: [number, unknown] = [
    409,
    { error: { code: "Unreachable", message: "the primary does not answer" } },
  ];
  let fails = planned === "operation fails";
  const finished = (): [number, unknown] => {
    const failed = fails;
    fails = false;
    return [
      200,
      failed
        ? { status: "Failed", error: { code: "Timeout", message: "no answer" } }
        : { status: "Succeeded" },
    ];
  };
  const take = (path: string): [number, unknown] => {
    polls = 0;
    if (!fails) role = path.includes("/secondary/") ? "secondary" : "primary";
    return [202, null];
  };
  const server = http.createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    const [status, body] = routes.find(([pattern]) => pattern.test(call))?.[1](call) ?? [404, null];
    if (call.includes("failoverGroups"))
      calls.push(`${request.method} ${call.split("/").at(-1)?.split("?")[0]}`);
    response.writeHead(status, {
      "content-type": "application/json",
      "azure-asyncoperation": `${host}/operation`,
      "retry-after-ms": "1",
    });
    response.end(body === null ? "" : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    calls,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
