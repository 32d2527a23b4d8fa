import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import test from "ava";
import { linkPackages } from "../../../../local/plant/machine/npm-packages.ts";
import { temporaryFolder } from "../../../temporary-folder.ts";

/** A project that has a@1.0.0 with its own b@1.0.0, and b@2.0.0. */
function folders(locked: object, manifest: object = { a: "1.0.0" }) {
  const folder = temporaryFolder();
  const put = (place: string, content: object) => {
    mkdirSync(path.join(folder, path.dirname(place)), { recursive: true });
    writeFileSync(path.join(folder, place), JSON.stringify(content));
  };
  put("project/node_modules/a/package.json", { version: "1.0.0" });
  put("project/node_modules/a/node_modules/b/package.json", { version: "1.0.0" });
  put("project/node_modules/b/package.json", { version: "2.0.0" });
  put("machine/package.json", { dependencies: manifest });
  put("machine/package-lock.json", { packages: { "": { dependencies: { a: "1.0.0" } }, ...locked } });
  return { machine: path.join(folder, "machine"), project: path.join(folder, "project") };
}

const complete = {
  "node_modules/a": { version: "1.0.0" },
  "node_modules/a/node_modules/b": { version: "1.0.0" },
};

test("packages of the locked versions are linked, and no others", (t) => {
  const { machine, project } = folders(complete);
  linkPackages(machine, project);
  const version = readFileSync(path.join(machine, "node_modules/a/node_modules/b/package.json"), "utf8");
  t.is(version, '{"version":"1.0.0"}');
  t.throws(() => readFileSync(path.join(machine, "node_modules/b/package.json")), { code: "ENOENT" });
});

test("a locked version that this project does not have is refused by its name", (t) => {
  const { machine, project } = folders({
    ...complete,
    "node_modules/b": { version: "3.0.0" },
    "node_modules/c": { version: "1.0.0" },
    "node_modules/for-others-only": { version: "1.0.0", optional: true },
  });
  t.throws(() => linkPackages(machine, project), {
    message: /node_modules\/b 3\.0\.0 \(here: 2\.0\.0\), node_modules\/c 1\.0\.0 \(here: none\)$/,
  });
});

test("a lock that does not fit its package.json is refused, as by npm", (t) => {
  const { machine, project } = folders(complete, { a: "1.0.0", c: "1.0.0" });
  t.throws(() => linkPackages(machine, project), { message: /are not in sync/ });
});

test("a folder without a lock is refused, as by npm", (t) => {
  const { machine, project } = folders(complete);
  rmSync(path.join(machine, "package-lock.json"));
  t.throws(() => linkPackages(machine, project), { message: /package-lock\.json is missing/ });
});
