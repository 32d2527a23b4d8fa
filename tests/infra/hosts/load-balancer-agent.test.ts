import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { commandsFor, parseServerStates } from "../../../infra/hosts/programs/server-states.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { sourceOf, startProgram } from "./host-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const deadlineMs = 30_000;
const header =
  "# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight " +
  "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state";

interface Server {
  operational: number;
  administrative: number;
  /** 6: configured and enabled, 2: switched off. */
  check: number;
}

/** HAProxy's admin socket with two servers. */
class FakeHaproxy {
  readonly orders: string[] = [];
  servers: Record<string, Server> = freshServers();
  readonly #socketPath: string;
  #listener: net.Server | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async start(): Promise<void> {
    this.servers = freshServers();
    this.#listener = net.createServer((socket) => {
      socket.once("data", (chunk) => socket.end(this.#answer(String(chunk).trim())));
    });
    this.#listener.listen(this.#socketPath);
    await once(this.#listener, "listening");
  }

  async stop(): Promise<void> {
    if (!this.#listener?.listening) return;
    this.#listener.close();
    await once(this.#listener, "close");
    rmSync(this.#socketPath, { force: true });
  }

  #answer(command: string): string {
    if (command === "show servers state") return states(this.servers);
    this.orders.push(command);
    const server = this.servers[/ api\/(\S+)/.exec(command)?.[1] ?? ""];
    const act = acts[command.replace(/ api\/\S+/, "")];
    if (!server || !act) return "No such server.\n\n";
    act(server);
    return "\n";
  }
}

/** What the orders do that an agent gives, without the server they name. */
const acts: Record<string, (server: Server) => void> = {
  "set server state maint": (server) => (server.administrative = 1),
  "set server state ready": (server) => (server.administrative = 0),
  "set server health up": (server) => (server.operational = 2),
  "disable health": (server) => (server.check = 2),
  "enable health": (server) => (server.check = 6),
};

function freshServers(): Record<string, Server> {
  return {
    "api-main": { operational: 2, administrative: 0, check: 6 },
    "api-backup": { operational: 2, administrative: 0, check: 6 },
  };
}

function states(servers: Record<string, Server>): string {
  const lines = Object.entries(servers).map(
    ([name, { operational, administrative, check }], index) =>
      `3 api ${index + 1} ${name} 10.0.0.${index} ${operational} ${administrative} 1 1 9 15 3 4 ${check}`,
  );
  return `1\n${[header, ...lines].join("\n")}\n\n`;
}

async function startAgent(t: ExecutionContext, api: string) {
  const folder = temporaryFolder();
  const settings = {
    version: "v1",
    api,
    database: { server: "s", name: "n" },
    storage: { account: "a", queue: "q", others: [] },
  };
  writeFileSync(path.join(folder, "settings.json"), JSON.stringify(settings));
  const adminSocket = path.join(folder, "admin.sock");
  const haproxy = new FakeHaproxy(adminSocket);
  t.teardown(() => haproxy.stop());
  const stateFile = path.join(folder, "haproxy.state");
  const agent = await startProgram(t, {
    host: {
      stateFolder: folder,
      adminSocket,
      serverState: stateFile,
      settings: { endpoint: "https://127.0.0.1:1", clientId: "none" },
    },
    folder,
    file: sourceOf("load-balancer-agent"),
    env: { SETTINGS_REFRESH_SECONDS: "600" },
  });
  const kept = () => (existsSync(stateFile) ? readFileSync(stateFile, "utf8") : "");
  return { haproxy, agent, kept };
}

test("an agent waits for HAProxy, gives it the settings, and gives them again to one that has restarted", async (t) => {
  const { haproxy, agent, kept } = await startAgent(t, "backup");
  await poll({ deadlineMs, until: () => agent.errors.includes("agent: waiting: ") || agent.errors });
  await haproxy.start();
  const orders = ["set server api/api-main state maint", "disable health api/api-backup"];
  await poll({ deadlineMs, until: () => kept().includes("api-main 10.0.0.0 2 1 ") || kept() });
  t.deepEqual(haproxy.orders, orders);
  t.is(kept(), states(haproxy.servers));
  await haproxy.stop();
  await haproxy.start();
  await poll({ deadlineMs, until: () => haproxy.orders.length > 3 || "no order" });
  t.deepEqual(haproxy.orders, [...orders, ...orders]);
});

test("an agent keeps the state of servers that come and go, also with nothing to order", async (t) => {
  const { haproxy, kept } = await startAgent(t, "both");
  await haproxy.start();
  await poll({ deadlineMs, until: () => kept() === states(haproxy.servers) || kept() });
  haproxy.servers["api-main"] = { operational: 0, administrative: 0, check: 6 };
  await poll({ deadlineMs, until: () => kept() === states(haproxy.servers) || kept() });
  t.deepEqual(haproxy.orders, []);
});

const both = { "api-main": 0, "api-backup": 0 };
const cases = [
  { api: "both", administrative: both, commands: [] },
  {
    api: "main",
    administrative: both,
    commands: ["set server api/api-backup state maint", "disable health api/api-main"],
  },
  {
    api: "backup",
    administrative: both,
    commands: ["set server api/api-main state maint", "disable health api/api-backup"],
  },
  {
    api: "backup",
    administrative: { "api-main": 0, "api-backup": 1 },
    commands: [
      "set server api/api-backup state ready",
      "set server api/api-main state maint",
      "disable health api/api-backup",
    ],
  },
  {
    api: "main",
    administrative: { "api-main": 1, "api-backup": 0 },
    commands: [
      "set server api/api-main state ready",
      "set server api/api-backup state maint",
      "disable health api/api-main",
    ],
  },
  // 8: drained by hand, which is nobody's business here.
  {
    api: "both",
    administrative: { "api-main": 9, "api-backup": 8 },
    commands: ["set server api/api-main state ready"],
  },
] as const;

for (const { api, administrative, commands } of cases) {
  const name = `${api} turns states ${Object.values(administrative).join(" and ")} into ${commands.length} orders`;
  test(`${name}, first those that bring a server back`, (t) => {
    const servers = Object.entries(administrative).map(([server, state]) => [
      server,
      { operational: 2, administrative: state, check: 6 },
    ]);
    const answer = states(Object.fromEntries(servers) as Record<string, Server>);
    t.deepEqual(commandsFor(api, parseServerStates(answer)), [...commands]);
  });
}

test("the one server that settings name is used although its checks find it down, until both are wanted again", (t) => {
  const down = { operational: 0, administrative: 0, check: 6 };
  const servers = { "api-main": down, "api-backup": { operational: 2, administrative: 1, check: 6 } };
  t.deepEqual(commandsFor("main", parseServerStates(states(servers))), [
    "disable health api/api-main",
    "set server api/api-main health up",
  ]);
  const trusted = { ...servers, "api-main": { operational: 2, administrative: 0, check: 2 } };
  t.deepEqual(commandsFor("main", parseServerStates(states(trusted))), []);
  t.deepEqual(commandsFor("both", parseServerStates(states(trusted))), [
    "set server api/api-backup state ready",
    "enable health api/api-main",
  ]);
});

test("an answer that is no server state is refused with its beginning", (t) => {
  t.throws(() => parseServerStates("Unknown command."), { message: /HAProxy answered "Unknown command\."/ });
});
