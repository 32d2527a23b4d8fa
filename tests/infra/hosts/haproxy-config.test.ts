import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { haproxyConfig } from "../../../infra/hosts/index.ts";
import { preparePrograms } from "../../../local/toolchain/programs.ts";
import { openWorkbench } from "../../../local/toolchain/workbench.ts";
import { selfSigned } from "./certificate.ts";
import { loadBalancer } from "./host-options.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

test("HAProxy finds the configuration valid", async (t) => {
  const { haproxy } = await preparePrograms(openWorkbench(process.env, () => {}));
  const folder = temporaryFolder();
  const { certificate, pem } = await selfSigned("example.test", []);
  writeFileSync(path.join(folder, "tls.pem"), pem);
  writeFileSync(path.join(folder, "trust.pem"), certificate);
  const file = path.join(folder, "haproxy.cfg");
  const config = haproxyConfig({ ...loadBalancer, trust: certificate });
  writeFileSync(file, config.replaceAll(/\/(etc|run)\/haproxy|\/var\/lib\/failover/g, folder));
  const check = () => execFileSync(haproxy.path, ["-c", "-f", file], { env: haproxy.env, stdio: "pipe" });
  t.notThrows(check);
});

test("only what is bound is written as address and port of the host itself", (t) => {
  const config = haproxyConfig(loadBalancer);
  t.deepEqual(config.match(/^.*10\.20\.1\.11.*$/gm), [
    "  bind 10.20.1.11:443 ssl crt /etc/haproxy/tls.pem alpn h2,http/1.1",
    "  source 10.20.1.11",
  ]);
});

test("forwarded-for headers are believed from every range of the edge and from nowhere else", (t) => {
  const config = haproxyConfig(loadBalancer);
  t.deepEqual(config.match(/^ +acl from-edge .*$/gm), [
    "  acl from-edge src 192.0.2.0/24",
    "  acl from-edge src 2001:db8::/32",
  ]);
});

test("a load balancer asks API servers for their health where the configuration says", (t) => {
  t.regex(haproxyConfig(loadBalancer), /uri \/healthz ver/);
  t.regex(haproxyConfig({ ...loadBalancer, healthPath: "/alive" }), /uri \/alive ver/);
});
