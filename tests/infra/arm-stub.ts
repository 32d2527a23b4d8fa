import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

/** How the stub's failover group answers; `primary` is the server that has the role at first. */
export interface ArmStubOptions {
  primary: "primary" | "secondary";
  planned?:
    | keyof typeof refusals
    | "works"
    | "operation fails"
    | "under way"
    | "answer lost"
    | "streams later"
    | "never ends"
    | "taken"
    | "no address";
  /** What the metric of the primary's database says; "none" is a metric without a point. */
  lag?: Lag | "none" | "unavailable";
  /** What it says once the planned promotion was asked for, when that is something else. */
  lagAfter?: Lag;
  /** How many of the first requests are cut before anything is answered. */
  cut?: number;
}

interface Lag {
  seconds: number;
  ago: number;
}

export interface ArmStub {
  /** For ARM_METADATA_HOSTNAME. */
  host: string;
  /** Method and last part of the path of every call to Resource Manager but polls. */
  calls: string[];
  close(): Promise<void>;
}

const error = (status: number, code: string, message: string): [number, unknown] => [
  status,
  { error: { code, message } },
];

/** Answers to a planned promotion that nothing comes of. */
const refusals = {
  "timed out": error(400, "PlannedFailoverTimedOut", "the partner does not answer"),
  busy: error(409, "OperationInProgress", "another one that does not end"),
  broken: error(400, "UnexpectedFailure", "nobody knows"),
  forbidden: error(403, "AuthorizationFailed", "a role is missing"),
};

/** As Azure Monitor has it: the greatest lag of each minute, and none of a minute of which it knows nothing. */
function metricOf(lag: NonNullable<ArmStubOptions["lag"]>): [number, unknown] {
  if (lag === "unavailable") return error(404, "ResourceNotFound", "the region does not answer");
  const minuteAgo = (ago: number): string => new Date(Date.now() - ago * 1000).toISOString();
  const known = lag === "none" ? [] : [{ timeStamp: minuteAgo(lag.ago), maximum: lag.seconds }];
  const data = [{ timeStamp: minuteAgo(14_000) }, ...known, { timeStamp: minuteAgo(0) }];
  const name = { value: "replication_lag_seconds", localizedValue: "Replication lag" };
  const value = [
    { type: "Microsoft.Insights/metrics", name, unit: "Seconds", timeseries: [{ metadatavalues: [], data }] },
  ];
  return [200, { interval: "PT1M", namespace: "Microsoft.Sql/servers/databases", value }];
}

/** As little of Azure Resource Manager as a promotion and a look at an account talk to, with long-running operations. */
export async function startArmStub({
  primary,
  planned = "works",
  lag = { seconds: 0.2, ago: 5 },
  lagAfter,
  cut = 0,
}: ArmStubOptions): Promise<ArmStub> {
  const calls: string[] = [];
  let role: string = primary;
  let polls = 0;
  let plannedCalls = 0;
  const routes: [RegExp, (path: string) => [number, unknown]][] = [
    [
      /^GET \/metadata\/endpoints/,
      () => [
        200,
        { resourceManager: `${host}/`, authentication: { loginEndpoint: host, audiences: ["arm"] } },
      ],
    ],
    [/^POST \/tenant\/oauth2\/v2.0\/token/, () => [200, { access_token: "token" }]],
    [/^GET \/operation/, () => (polls++ === 0 || hangs ? [202, { status: "InProgress" }] : finished())],
    [/^GET \/accounts\/here\?/, () => [200, { properties: { provisioningState: "Succeeded" } }]],
    [/^GET \/accounts\/hidden\?/, () => refusals.forbidden],
    [
      /^GET \/servers\/\w+\/databases\/database\/providers\/Microsoft.Insights\/metrics/,
      () => metricOf((plannedCalls > 0 && lagAfter) || lag),
    ],
    [/^POST .*\/failover\?/, (path) => plannedAnswer(path)],
    [
      /^POST .*\/forceFailoverAllowDataLoss\?/,
      (path) => {
        hangs = false;
        return take(path);
      },
    ],
    [
      /^GET .*\/failoverGroups\/group\?/,
      (path) => [
        200,
        { properties: { replicationRole: path.includes(`/${role}/`) ? "Primary" : "Secondary" } },
      ],
    ],
  ];
  const plannedAnswer = (path: string): [number, unknown] => {
    const call = plannedCalls++;
    if (planned in refusals) return refusals[planned as keyof typeof refusals];
    if (planned === "streams later" && call < 1) return refusals["timed out"];
    if (planned === "under way" && call < 2) return error(409, "OperationInProgress", "another one");
    if (planned === "answer lost" && call > 0) return error(409, "OperationInProgress", "the same one");
    if (planned === "taken") {
      role = "secondary";
      return error(400, "FailoverGroupNotSecondary", "it has the role");
    }
    return take(path);
  };
  let hangs = planned === "never ends";
  let fails = planned === "operation fails";
  const finished = (): [number, unknown] => {
    const failed = fails;
    fails = false;
    return [
      200,
      failed
        ? { status: "Failed", error: { code: "PlannedFailoverTimedOutForDatabase", message: "no answer" } }
        : { status: "Succeeded" },
    ];
  };
  const take = (path: string): [number, unknown] => {
    polls = 0;
    if (planned === "no address" && path.includes("/failover?")) {
      setTimeout(() => (role = "secondary"), 20);
      return [202, null];
    }
    if (!fails && !hangs) role = path.includes("/secondary/") ? "secondary" : "primary";
    return [202, null];
  };
  let requests = 0;
  const server = http.createServer((request, response) => {
    if (requests++ < cut) {
      request.socket.destroy();
      return;
    }
    const call = `${request.method} ${request.url}`;
    const [status, body] = routes.find(([pattern]) => pattern.test(call))?.[1](call) ?? [404, null];
    if (/failoverGroups|metrics\?/.test(call))
      calls.push(`${request.method} ${call.split("/").at(-1)?.split("?")[0]}`);
    if (planned === "answer lost" && plannedCalls === 1 && call.includes("/failover?")) {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, {
      "content-type": "application/json",
      ...(planned !== "no address" && { "azure-asyncoperation": `${host}/operation` }),
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
