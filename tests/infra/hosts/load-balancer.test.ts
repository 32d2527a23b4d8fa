import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import https from "node:https";
import path from "node:path";
import { text } from "node:stream/consumers";
import test from "ava";
import type { ExecutionContext } from "ava";
import { parse } from "yaml";
import { haproxyConfig, loadBalancerCloudConfig } from "../../../infra/hosts/index.ts";
import type { LoadBalancerOptions } from "../../../infra/hosts/index.ts";
import { poll } from "../../../local/plant/readiness.ts";
import { preparePrograms } from "../../../local/toolchain/programs.ts";
import { openWorkbench } from "../../../local/toolchain/workbench.ts";
import { selfSigned } from "./certificate.ts";
import { loadBalancer } from "./host-options.ts";
import { ownAddress, Running, sourceOf, startProgram } from "./host-process.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

const deadlineMs = 60_000;
const clientPort = 18_444;
const address = ownAddress(41);
const apiServers = { main: ownAddress(51), backup: ownAddress(52) };

/** A load balancer's machine: its files under a folder, a real HAProxy, and a systemctl that can reload it. */
class LoadBalancer {
  readonly #t: ExecutionContext;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly options: LoadBalancerOptions;
  readonly #certificate: string;

  constructor(
    t: ExecutionContext,
    { certificate, pem }: { certificate: string; pem: string },
    haproxy: Haproxy,
  ) {
    this.#t = t;
    this.#folder = temporaryFolder();
    this.#certificate = certificate;
    this.options = { ...loadBalancer, address, clientPort, apiServers, tls: pem, trust: certificate };
    const bin = this.at("/usr/local/bin");
    this.#env = { PATH: `${bin}:/usr/bin:/bin`, ...haproxy.env };
    const { write_files: files } = parse(loadBalancerCloudConfig(this.options), { version: "1.1" }) as {
      write_files: { path: string; permissions: string; content: string }[];
    };
    for (const { path: file, permissions, content } of files) this.#write(file, content, permissions);
    for (const folder of ["/run/haproxy", "/var/lib/failover"])
      mkdirSync(this.at(folder), { recursive: true });
    this.#write("/usr/local/bin/haproxy", `#!/bin/sh\nexec ${haproxy.path} "$@"\n`, "0755");
    this.#write("/usr/local/bin/systemctl", '#!/bin/sh\nkill -USR2 "$(cat /run/haproxy.pid)"\n', "0755");
  }

  at(file: string): string {
    return path.join(this.#folder, file);
  }

  async start(): Promise<void> {
    const config = this.at("/etc/haproxy/haproxy.cfg");
    const command = ["/bin/sh", "-c", `exec haproxy -W -f ${config} -p ${this.at("/run/haproxy.pid")}`];
    const master = new Running(this.#t, command, this.#env);
    this.#t.teardown(() => master.stop("SIGTERM"));
    await poll({ deadlineMs, until: () => this.servedBy().then((name) => name !== "" || "nobody") });
  }

  /** Follows settings that are on the disk already. */
  async startAgent(api: string): Promise<void> {
    const settings = {
      version: "v",
      api,
      database: { server: "s", name: "n" },
      storage: { account: "a", queue: "q", others: [] },
    };
    writeFileSync(this.at("/var/lib/failover/settings.json"), JSON.stringify(settings));
    const host = JSON.parse(readFileSync(this.at("/etc/failover/host.json"), "utf8")) as object;
    await startProgram(this.#t, {
      host: { ...host, settings: { endpoint: "https://127.0.0.1:1", clientId: "none" } },
      folder: this.#folder,
      file: sourceOf("load-balancer-agent"),
    });
  }

  async install(config: string): Promise<{ status: number | null; errors: string }> {
    const script = this.at("/usr/local/bin/failover-install-haproxy");
    const running = new Running(this.#t, ["/bin/sh", script], this.#env);
    const closed = once(running.child, "close");
    running.child.stdin?.end(this.#moved(config));
    await closed;
    return { status: running.child.exitCode, errors: running.errors };
  }

  reload(): Promise<unknown> {
    return once(new Running(this.#t, ["systemctl", "reload", "haproxy"], this.#env).child, "exit");
  }

  get(url: string): Promise<IncomingMessage> {
    const request = https.get({
      host: address,
      port: clientPort,
      path: url,
      ca: this.#certificate,
      servername: "example.test",
      agent: false,
    });
    return once(request, "response").then(([response]) => response as IncomingMessage);
  }

  /** Name of the API server that a new client meets. */
  async servedBy(): Promise<string> {
    const response = await this.get("/healthz");
    const body = await text(response);
    return response.statusCode === 200
      ? (JSON.parse(body) as { server: string }).server
      : `status ${response.statusCode}`;
  }

  #write(file: string, content: string, permissions: string): void {
    mkdirSync(path.dirname(this.at(file)), { recursive: true });
    writeFileSync(this.at(file), this.#moved(content), { mode: Number.parseInt(permissions, 8) });
  }

  /** Paths under the folder; a bad configuration is given up early. */
  #moved(content: string): string {
    const moved = content.replaceAll(
      /(?<![\w./])\/(?=(etc|run|var\/lib|usr\/local\/bin)\/)/g,
      `${this.#folder}/`,
    );
    return moved.replaceAll(/^((?:FIRST_)?WAIT)=.*$/gm, "$1=4");
  }
}

interface Haproxy {
  path: string;
  env: Record<string, string>;
}

async function plant(t: ExecutionContext): Promise<LoadBalancer> {
  const { haproxy } = await preparePrograms(openWorkbench(process.env, () => {}));
  const pair = await selfSigned("example.test", [address, ...Object.values(apiServers)]);
  const start = async ([name, own]: [string, string]) => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "tls.pem"), pair.pem);
    const host = {
      name: `api-${name}`,
      listen: `${own}:${clientPort}`,
      certificate: path.join(folder, "tls.pem"),
      edgeRanges: [],
      loadBalancers: [address],
      stateFolder: folder,
      settings: { endpoint: "https://127.0.0.1:1", clientId: "none" },
    };
    return startProgram(t, { host, folder, file: sourceOf("api-server") });
  };
  await Promise.all(Object.entries(apiServers).map(start));
  const machine = new LoadBalancer(t, pair, haproxy);
  await machine.start();
  return machine;
}

test.serial("a real HAProxy keeps the servers that the settings want through a reload", async (t) => {
  const machine = await plant(t);
  t.is(await machine.servedBy(), "api-main");
  await machine.startAgent("backup");
  await poll({ deadlineMs, until: () => machine.servedBy().then((name) => name === "api-backup" || name) });
  const state = () => readFileSync(machine.at("/var/lib/failover/haproxy.state"), "utf8");
  await poll({ deadlineMs, until: () => / api-main \S+ 0 1 /.test(state()) || state() });
  const met = new Set<string>();
  await machine.reload();
  for (let asked = 0; asked < 40; asked += 1) met.add(await machine.servedBy());
  t.deepEqual([...met], ["api-backup"]);
});

test.serial(
  "a real HAProxy gets a good configuration; one whose checks find no server is reported",
  async (t) => {
    const machine = await plant(t);
    const good = haproxyConfig(machine.options);
    t.deepEqual(await machine.install(good), { status: 0, errors: "" });
    const { headers } = await machine.get("/healthz");
    t.regex(String(headers["x-configuration"]), /^[0-9a-f]{12}$/);
    const bad = await machine.install(haproxyConfig({ ...machine.options, healthPath: "/health" }));
    t.is(bad.status, 1);
    t.regex(bad.errors, /the configuration is installed and does not serve within 4 s\n[^]*: 503/);
    t.is(await machine.servedBy(), "status 503");
    t.is((await machine.install(good)).status, 0);
    t.is(await machine.servedBy(), "api-main");
  },
);

test.serial(
  "a port that no server has is noticed although the state of before names the right one",
  async (t) => {
    const machine = await plant(t);
    await machine.startAgent("both");
    const state = machine.at("/var/lib/failover/haproxy.state");
    await poll({ deadlineMs, until: () => existsSync(state) || "no state file" });
    const wrong = haproxyConfig(machine.options).replaceAll(/(?<=^ +server .*:)\d+/gm, "1");
    const { status, errors } = await machine.install(wrong);
    t.is(status, 1);
    t.regex(errors, /does not serve/);
  },
);
