import { gzipSync } from "node:zlib";
import test from "ava";
import { parseCloudConfig } from "../../../../local/plant/machine/cloud-config.ts";
import { cloudConfig } from "./machines-fixture.ts";

const file = (changed: object) =>
  cloudConfig({ write_files: [{ path: "/etc/a", content: "x", ...changed }] });

test("a file is decoded from each of cloud-init's encodings, with its mode", (t) => {
  const packed = (content: Buffer) => content.toString("base64");
  const files = [
    { path: "/etc/plain", content: "text" },
    { path: "/etc/base64", encoding: "b64", content: packed(Buffer.from("text")), permissions: "0600" },
    { path: "/etc/gzip", encoding: "gz+b64", content: packed(gzipSync("text")), permissions: "755" },
  ];
  const config = parseCloudConfig(cloudConfig({ write_files: files }));
  t.deepEqual(
    config.files.map(({ path, mode, content }) => [path, mode, String(content)]),
    [
      ["/etc/plain", 0o644, "text"],
      ["/etc/base64", 0o600, "text"],
      ["/etc/gzip", 0o755, "text"],
    ],
  );
});

test("a mode without quotes is the number that YAML 1.1 reads", (t) => {
  const config = "#cloud-config\nwrite_files:\n  - path: /etc/a\n    permissions: 0600\n    content: x\n";
  t.is(parseCloudConfig(config).files[0]?.mode, 0o600);
});

test("packages, host key and commands are taken over", (t) => {
  const config = parseCloudConfig(
    cloudConfig({
      packages: ["haproxy", "curl"],
      ssh_keys: { ed25519_private: "private", ed25519_public: "public" },
      runcmd: [
        ["npm", "ci", "--prefix", "/opt/failover", "--omit=dev", "--ignore-scripts"],
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", "--now", "haproxy.service"],
      ],
    }),
  );
  t.deepEqual(config.packages, ["haproxy", "curl"]);
  t.is(config.sshHostKey, "private");
  t.deepEqual(config.commands, [
    { install: "/opt/failover" },
    { reloadUnits: true },
    { enable: "haproxy.service" },
  ]);
});

const refused: Record<string, { customData: string; message: RegExp }> = {
  "no customData": { customData: "", message: /^customData is empty$/ },
  "a shell script": { customData: "#!/bin/sh\n", message: /does not begin with the line #cloud-config/ },
  "broken YAML": { customData: "#cloud-config\na: [", message: /^customData is no YAML: / },
  "a list": { customData: "#cloud-config\n- a\n", message: /^customData holds no keys/ },
  "an unknown key": { customData: cloudConfig({ bootcmd: [] }), message: /the key bootcmd is unknown here/ },
  "an unknown key of a file": {
    customData: file({ append: true }),
    message: /write_files\.0\.append is unknown/,
  },
  "an unknown package": {
    customData: cloudConfig({ packages: ["apache2"] }),
    message: /packages\.0: package apache2 is none of haproxy, /,
  },
  "an unknown encoding": { customData: file({ encoding: "rot13" }), message: /unknown encoding rot13/ },
  "content that is not in its encoding": {
    customData: file({ encoding: "gz+b64" }),
    message: /write_files \/etc\/a: the content is not gz\+b64/,
  },
  "a wrong mode": { customData: file({ permissions: "rw" }), message: /permissions are like "0644"/ },
  "a path of another tree": {
    customData: file({ path: "/usr/bin/x" }),
    message: /\/usr\/bin\/x is outside of/,
  },
  "a path that leaves its tree": {
    customData: file({ path: "/etc/../x" }),
    message: /\/etc\/\.\.\/x is outside of/,
  },
  "an unknown command": {
    customData: cloudConfig({ runcmd: [["curl", "https://example.com"]] }),
    message: /runcmd: \[curl, https:\/\/example\.com\] is not a command a local machine knows/,
  },
  "a command as one text": {
    customData: cloudConfig({ runcmd: ["systemctl daemon-reload"] }),
    message: /runcmd\.0: a command is a list of words/,
  },
};

for (const [what, { customData, message }] of Object.entries(refused)) {
  test(`${what} is refused by its name`, (t) => {
    t.throws(() => parseCloudConfig(customData), { name: "ProvisioningFailure", message });
  });
}

test("all problems are told at once", (t) => {
  const error = t.throws(() => parseCloudConfig(cloudConfig({ bootcmd: [], packages: ["apache2"] })));
  t.regex(error.message, /apache2/);
  t.regex(error.message, /bootcmd/);
});
