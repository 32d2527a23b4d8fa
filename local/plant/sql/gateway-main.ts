/**
 * Azure SQL's gateway of both regions, in one process: PostgreSQL's protocol with access tokens in the place of
 * passwords. Requests and answers: gateway-protocol.ts, as JSON lines. Ends when standard input does.
 */
import { readFileSync } from "node:fs";
import net from "node:net";
import { createSecureContext } from "node:tls";
import { sides } from "../data-hosts.ts";
import type { Side } from "../data-hosts.ts";
import { serveRequests } from "../request-server.ts";
import { refusalOf } from "./access-token.ts";
import type { Admitted, GatewayAnswer, GatewayRequest, GatewaySettings } from "./gateway-protocol.ts";
import { Session } from "./session.ts";
import type { Door } from "./session.ts";

const audience = "https://database.windows.net";

const routes = new Map<string, { socket: string; admits: Admitted }>();
const sessions = new Set<Session>();
const doors = new Map<string, { address: string; port: number; door: Door }>();
const listeners = new Map<string, net.Server>();
const done = { done: true } as const;

serveRequests(async (request: GatewayRequest): Promise<GatewayAnswer> => {
  await act(request);
  return done;
});

async function act(request: GatewayRequest): Promise<void> {
  if ("open" in request) return open(request.open);
  if ("serve" in request) return serve(request.serve.side, request.serve.on);
  if ("route" in request) {
    const { database, ...route } = request.route;
    routes.set(database, route);
    if (route.admits === "replicas")
      resetAll((session) => session.database === database && session.isClients);
    return;
  }
  const { database } = request.unroute;
  routes.delete(database);
  resetAll((session) => session.database === database);
}

async function open(settings: GatewaySettings): Promise<void> {
  const { listen, port } = settings;
  for (const side of sides)
    doors.set(side, { address: listen[side], port, door: clientDoor(side, settings) });
  doors.set("link", { address: listen.link, port, door: replicaDoor(settings) });
  await Promise.all([...doors.keys()].map((name) => startListening(name)));
}

async function serve(side: Side, on: boolean): Promise<void> {
  if (on) return startListening(side);
  listeners.get(side)?.close();
  listeners.delete(side);
  resetAll(({ database }) => database.startsWith(`${side}/`));
}

function startListening(name: string): Promise<void> {
  const { address, port, door } = doors.get(name) ?? {};
  if (!door || listeners.has(name)) return Promise.resolve();
  const listener = net.createServer({ noDelay: true }, (socket) => {
    const session = new Session(socket, door);
    sessions.add(session);
    socket.on("close", () => sessions.delete(session));
    void session.serve();
  });
  listeners.set(name, listener);
  return new Promise((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: address, port }, resolve);
  });
}

function resetAll(which: (session: Session) => boolean): void {
  [...sessions].filter(which).forEach((session) => session.reset());
}

function clientDoor(side: Side, { certificate, tokenKey }: GatewaySettings): Door {
  const pem = readFileSync(certificate);
  const key = Buffer.from(tokenKey, "hex");
  return {
    ofCancelKey,
    encryption: createSecureContext({ cert: pem, key: pem }),
    refusal: (user, token) => refusalOf(token, { key, audience, user, nowMs: Date.now() }),
    wanted: ({ database, user }) => `${side}/${database ?? user}`,
    find(database) {
      const route = routes.get(database);
      return route?.admits === "everybody" ? route.socket : undefined;
    },
  };
}

/** Replicas say by their application name which database they follow. */
function replicaDoor({ linkPassword }: GatewaySettings): Door {
  return {
    ofCancelKey,
    encryption: null,
    refusal: (_user, password) => (password === linkPassword ? undefined : "not a replica of this plant"),
    wanted: (parameters) => parameters["application_name"] ?? "",
    find: (database) => routes.get(database)?.socket,
  };
}

function ofCancelKey(key: string): string | undefined {
  return [...sessions].find(({ cancelKey }) => cancelKey === key)?.socket;
}
