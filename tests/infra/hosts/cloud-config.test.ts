import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import test from "ava";
import { parse } from "yaml";
import {
  apiServerCloudConfig,
  haproxyConfig,
  loadBalancerCloudConfig,
  monitorCloudConfig,
  workerCloudConfig,
} from "../../../infra/hosts/index.ts";
import { type Lock, lockFor, type Manifest } from "../../../infra/hosts/npm-lock.ts";
import { programFiles } from "../../../infra/hosts/program-files.ts";
import { linkPackages } from "../../../local/plant/machine/npm-packages.ts";
import { apiServer, loadBalancer } from "./host-options.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

interface WrittenFile {
  path: string;
  owner: string;
  permissions: string;
  content: string;
}

interface Document {
  packages: string[];
  ssh_keys?: Record<string, string>;
  write_files: WrittenFile[];
  runcmd: string[][];
}

const { settingsEndpoint, identityClientId } = apiServer;
const worker = { settingsEndpoint, identityClientId, region: "secondary" };
const monitor = {
  computerName: "monitor",
  clientPort: 443,
  zoneName: "example.test",
  clientName: "app.example.test",
  servers: [
    { name: "load-balancer-main", address: "192.0.2.11" },
    { name: "api-main", address: "192.0.2.21" },
  ],
};

const hosts = {
  "a load balancer": () => loadBalancerCloudConfig(loadBalancer),
  "an API server": () => apiServerCloudConfig(apiServer),
  "a worker": () => workerCloudConfig(worker),
  "the monitor": () => monitorCloudConfig(monitor),
};

// As cloud-init's parser reads it.
const read = (text: string) => parse(text, { version: "1.1" }) as Document;
const fileOf = (document: Document, path: string) => {
  const found = document.write_files.find((file) => file.path === path);
  if (!found) throw new Error(`no ${path} among ${document.write_files.map((file) => file.path).join(", ")}`);
  return found;
};

for (const [host, build] of Object.entries(hosts)) {
  test(`${host}'s customData is a cloud-config of files that belong to root`, (t) => {
    const text = build();
    t.true(text.startsWith("#cloud-config\n"));
    t.is(build(), text);
    for (const { path, owner, permissions } of read(text).write_files) {
      t.regex(permissions, /^0[67][0-5][0-5]$/, path);
      t.is(owner, "root:root");
    }
  });
}

for (const [host, build] of Object.entries(hosts).slice(0, 3)) {
  test(`${host} has every module its programs import, and no type is left in them`, (t) => {
    const modules = read(build()).write_files.filter(({ path }) => path.endsWith(".mjs"));
    const names = modules.map(({ path }) => path.replace("/opt/failover/", "./"));
    const imports = modules.flatMap(({ content }) =>
      [...content.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, specifier = ""]) => specifier),
    );
    const relative = imports.filter((specifier) => specifier.startsWith("."));
    t.deepEqual(
      relative.filter((specifier) => !names.includes(specifier)),
      [],
    );
    t.true(relative.length > 3);
    t.deepEqual(
      imports.filter((specifier) => !/^(\.|node:|@azure\/|pg$)/.test(specifier)),
      [],
    );
    for (const { path, content } of modules) t.notRegex(content, /^(import type|export interface)/m, path);
  });
}

test("a load balancer is HAProxy with the agent, and its keys are closed to others", (t) => {
  const document = read(loadBalancerCloudConfig({ ...loadBalancer, trust: "AUTHORITY\n" }));
  t.deepEqual(document.packages, ["haproxy", "curl", "nodejs", "npm"]);
  t.is(
    fileOf(document, "/etc/haproxy/haproxy.cfg").content,
    haproxyConfig({ ...loadBalancer, trust: "AUTHORITY\n" }),
  );
  t.like(fileOf(document, "/etc/haproxy/tls.pem"), { content: loadBalancer.tls, permissions: "0600" });
  t.is(fileOf(document, "/etc/haproxy/trust.pem").content, "AUTHORITY\n");
  t.is(fileOf(document, "/usr/local/bin/failover-install-haproxy").permissions, "0755");
  t.deepEqual(document.ssh_keys, {
    ed25519_private: `${loadBalancer.sshHostKey.privateKey}\n`,
    ed25519_public: "ssh-ed25519 CCCC host",
  });
  t.deepEqual(document.runcmd, [
    ["npm", "ci", "--prefix", "/opt/failover", "--omit=dev", "--ignore-scripts"],
    ["systemctl", "daemon-reload"],
    ["systemctl", "enable", "--now", "haproxy.service"],
    ["systemctl", "enable", "--now", "failover-agent.service"],
  ]);
});

test("without an authority of its own a load balancer trusts the system's", (t) => {
  const document = read(loadBalancerCloudConfig(loadBalancer));
  const roots = "/etc/ssl/certs/ca-certificates.crt";
  t.false(document.write_files.some(({ path }) => path === "/etc/haproxy/trust.pem"));
  t.regex(fileOf(document, "/etc/haproxy/haproxy.cfg").content, new RegExp(`ca-file ${roots} `));
  t.regex(
    fileOf(document, "/usr/local/bin/failover-install-haproxy").content,
    new RegExp(`^TRUST=${roots}$`, "m"),
  );
});

test("the install script of a load balancer knows where that one listens", (t) => {
  const document = read(loadBalancerCloudConfig({ ...loadBalancer, healthPath: "/alive" }));
  const { content } = fileOf(document, "/usr/local/bin/failover-install-haproxy");
  t.regex(content, /^LISTEN=10\.20\.1\.11:443$/m);
  t.regex(content, /^URL=https:\/\/example\.test:443\/alive$/m);
});

test("an API server is told where it listens and whom it may believe", (t) => {
  const document = read(apiServerCloudConfig(apiServer));
  t.deepEqual(JSON.parse(fileOf(document, "/etc/failover/host.json").content), {
    name: "api-main",
    listen: "10.20.1.21:443",
    certificate: "/etc/failover/tls.pem",
    edgeRanges: apiServer.edgeRanges,
    loadBalancers: ["10.20.1.11", "10.20.1.12"],
    stateFolder: "/var/lib/failover",
    settings: { endpoint: settingsEndpoint, clientId: identityClientId },
  });
  const unit = fileOf(document, "/etc/systemd/system/failover-api.service").content;
  t.regex(unit, /^ExecStart=\/usr\/bin\/node \/opt\/failover\/api-server\.mjs \/etc\/failover\/host\.json$/m);
  t.regex(unit, /^LoadCredential=tls\.pem:\/etc\/failover\/tls\.pem$/m);
  t.is(fileOf(document, "/etc/failover/tls.pem").permissions, "0600");
});

const programs = { "load-balancer-agent": 3, "api-server": 5, worker: 6 } as const;

for (const [program, count] of Object.entries(programs) as [keyof typeof programs, number][]) {
  test(`${program} installs what it imports and no more, locked to versions this project has`, (t) => {
    const folder = temporaryFolder();
    for (const { path: file, content } of programFiles(program)) {
      writeFileSync(join(folder, basename(file)), content);
    }
    const json = (file: string) => JSON.parse(readFileSync(file, "utf8")) as Lock & Manifest;
    const { dependencies } = json(join(folder, "package.json"));
    t.is(Object.keys(dependencies).length, count);
    const here = json("package-lock.json").packages;
    const { "": root, ...locked } = json(join(folder, "package-lock.json")).packages;
    t.deepEqual(root?.dependencies, dependencies);
    for (const [place, { version, integrity }] of Object.entries(locked)) {
      t.like(here[place], { version, integrity }, place);
      t.regex(integrity ?? "", /^sha512-/, place);
    }
    linkPackages(folder);
    for (const name of Object.keys(dependencies)) t.true(existsSync(join(folder, "node_modules", name)));
  });
}

test("a package that the lock does not have is named", (t) => {
  const manifest = { dependencies: { a: "1.0.0" } };
  const lock = { packages: { "node_modules/a": { version: "1.0.0", dependencies: { b: "^1.0.0" } } } };
  t.throws(() => lockFor(["a"], { manifest, lock }), { message: /do not have b$/ });
  t.throws(() => lockFor(["c"], { manifest, lock }), { message: /do not have c$/ });
});

test("the monitor checks each server and clients' name, as clients ask", (t) => {
  const document = read(monitorCloudConfig(monitor));
  const { content } = fileOf(document, "/etc/nagios4/conf.d/failover.cfg");
  const hostNames = [
    ...content.matchAll(/define service \{\n {2}use failover-service\n {2}host_name (\S+)/g),
  ];
  t.deepEqual(
    hostNames.map(([, name]) => name),
    ["clients", "load-balancer-main", "api-main"],
  );
  t.regex(content, /check_http -S --sni -H app\.example\.test -I \$HOSTADDRESS\$ -p 443 -u \/healthz -e 200/);
});

// 65,535 bytes before base64 are Azure's limit.
test("customData of a large plant leaves a tenth of Azure's limit", (t) => {
  const large = {
    edgeRanges: Array.from({ length: 40 }, (_, index) => `2001:db8:${index}::/48`),
    tls: "T".repeat(8000),
  };
  const texts = [
    loadBalancerCloudConfig({ ...loadBalancer, ...large, trust: "A".repeat(4000) }),
    apiServerCloudConfig({ ...apiServer, ...large }),
    workerCloudConfig(worker),
  ];
  for (const text of texts) t.true(Buffer.byteLength(text) < 59_000, `${Buffer.byteLength(text)} bytes`);
});
