import { rmSync } from "node:fs";
import net from "node:net";
import { json } from "node:stream/consumers";
import type { Services, ServiceState } from "./services.ts";

/** What `systemctl` prints and ends with. */
export interface SystemctlAnswer {
  code: number;
  output?: string;
  problem?: string;
}

type Verb = (services: Services, unit: string) => Promise<SystemctlAnswer> | SystemctlAnswer;

/** `recorded` looks active from the machine: what it stands for would be. */
const activity: Record<ServiceState, { code: number; output: string }> = {
  active: { code: 0, output: "active" },
  recorded: { code: 0, output: "active" },
  starting: { code: 3, output: "activating" },
  inactive: { code: 3, output: "inactive" },
  failed: { code: 3, output: "failed" },
};

const verbs: Record<string, Verb> = {
  start: act((services, unit) => services.start(unit)),
  stop: act((services, unit) => services.stop(unit)),
  restart: act((services, unit) => services.restart(unit)),
  reload: act((services, unit) => services.reload(unit)),
  "reload-or-restart": act((services, unit) =>
    services.stateOf(unit) === "active" ? services.reload(unit) : services.restart(unit),
  ),
  enable: act(async (services, unit) => services.enable(unit)),
  "enable --now": act((services, unit) => {
    services.enable(unit);
    return services.start(unit);
  }),
  "is-active": (services, unit) => activity[services.stateOf(unit)],
  "daemon-reload": () => ({ code: 0 }),
};

const ignored = new Set(["--quiet", "-q", "--no-pager"]);

/** Serves `systemctl` of one machine, on a unix socket. Close it before the machine's disk goes. */
export function serveSystemctl(services: Services, socket: string): Promise<net.Server> {
  rmSync(socket, { force: true });
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => client.destroy());
    json(client)
      .then((args) => answer(services, args as string[]))
      .catch((error: unknown) => ({ code: 1, problem: String(error) }))
      .then((reply) => client.end(JSON.stringify(reply)))
      .catch(() => client.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => resolve(server));
  });
}

async function answer(services: Services, args: string[]): Promise<SystemctlAnswer> {
  const words = args.filter((word) => !ignored.has(word));
  const options = words.filter((word) => word.startsWith("-"));
  const [verb = "", unit = ""] = words.filter((word) => !word.startsWith("-"));
  const name = [verb, ...options].join(" ");
  const known = verbs[name];
  if (!known) return { code: 1, problem: `a local machine does not know systemctl ${name}` };
  return known(services, unit.includes(".") || unit === "" ? unit : `${unit}.service`);
}

function act(verb: (services: Services, unit: string) => Promise<void>): Verb {
  return async (services, unit) => {
    try {
      await verb(services, unit);
      return { code: 0 };
    } catch (error) {
      return { code: 1, problem: error instanceof Error ? error.message : String(error) };
    }
  };
}
