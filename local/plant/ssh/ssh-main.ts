/**
 * The SSH servers of all machines of a plant, in one process. Requests and answers: ssh-protocol.ts,
 * as JSON lines. Ends when standard input does, and the commands with it.
 */
import { serveRequests } from "../request-server.ts";
import { SshHost } from "./ssh-host.ts";
import type { SshAnswer, SshRequest } from "./ssh-protocol.ts";

const hosts = new Map<string, SshHost>();
const done: SshAnswer = { done: true };

serveRequests(async (request: SshRequest): Promise<SshAnswer> => {
  const name = "add" in request ? request.add.name : request.remove.host;
  const present = hosts.get(name);
  hosts.delete(name);
  if ("remove" in request) {
    await present?.powerOff();
    return done;
  }
  await present?.close();
  const host = new SshHost(request.add);
  await host.open();
  hosts.set(name, host);
  return done;
});
