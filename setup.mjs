// The only file that runs before any package exists: plain JavaScript for Node.js 20, node: imports only.
// It installs the packages of the lockfile where they are not in place, finds a Node.js that runs TypeScript itself,
// and hands over to cli/<verb>.ts.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { arch, constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const verbs = "drill local failover preview report test test-browser check fix bench".split(" ");
const oldestForSetup = 20;
const oldestForProgram = 24;
const pausesBetweenTries = [2_000, 8_000];
const progressMilliseconds = 10_000;
const packagesMegabytes = 1_000;

const root = dirname(fileURLToPath(import.meta.url));
const modules = join(root, "node_modules");
const lockfile = join(root, "package-lock.json");
const stamp = join(modules, ".failover-stacks");

/** The process that signals are passed on to, and the last signal that came. */
let child;
let interruption;
let hasTerminal = false;

/** Printed in the shape of infra/errors.ts, which cannot be imported yet. */
class SetupError extends Error {
  constructor(code, exitCode, { problems, fix }) {
    super([code, ...problems.map((line) => `  ${line}`), `  Next: ${fix}`].join("\n"));
    this.exitCode = exitCode;
  }
}

try {
  const [verb, ...args] = process.argv.slice(2);
  refuseUnknownVerb(verb);
  refuseUnfitSystem();
  passSignalsOn();
  await providePackages();
  handOver(await findNode(), [join(root, "cli", `${verb}.ts`), ...args]);
} catch (thrown) {
  fail(thrown);
}

function fail(thrown) {
  const error = thrown.code === "ENOSPC" ? noSpace() : thrown;
  process.stderr.write(`${error instanceof SetupError ? error.message : error.stack}\n`);
  process.exitCode = error.exitCode ?? 3;
}

function refuseUnknownVerb(verb) {
  if (verbs.includes(verb)) return;
  throw new SetupError("UNKNOWN_OPTION", 2, {
    problems: [verb ? `There is no verb "${verb}".` : "A verb is missing.", `Verbs: ${verbs.join(", ")}`],
    fix: "npm run drill",
  });
}

function refuseUnfitSystem() {
  if (process.platform !== "linux") {
    throw new SetupError("UNSUPPORTED_PLATFORM", 3, {
      problems: [`This is ${process.platform}; the local plant needs all of 127.0.0.0/8, as on Linux.`],
      fix: "use Linux or, on Windows, WSL2",
    });
  }
  if (majorOf(process.versions.node) < oldestForSetup) {
    throw new SetupError("UNSUPPORTED_PLATFORM", 3, {
      problems: [`Node.js is ${process.versions.node}; ${oldestForSetup} or newer is needed to set up.`],
      fix: "install a current Node.js (https://nodejs.org/en/download) and start again",
    });
  }
}

async function providePackages() {
  if (isInPlace()) return;
  const lock = await acquireLock();
  // Whoever held the lock before may have done it.
  if (!isInPlace()) await install(lock);
  lock.close();
}

// Written last, so that an interrupted installation is done again. Packages that somebody installed by npm alone are
// taken if npm's own record, which it writes last too, says that they are those of the lockfile.
function isInPlace() {
  const wanted = createHash("sha256").update(readFileSync(lockfile)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return true;
  if (!isInstalledByNpm()) return false;
  writeFileSync(stamp, wanted);
  return true;
}

function isInstalledByNpm() {
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const found = JSON.parse(readFileSync(record, "utf8")).packages;
  const { "": _project, ...wanted } = JSON.parse(readFileSync(lockfile, "utf8")).packages;
  const same = (path) => found[path]?.version === wanted[path]?.version;
  const fitting = Object.keys(wanted).filter((path) => found[path] || !wanted[path].optional);
  return fitting.every(same) && Object.keys(found).every(same);
}

async function install(lock) {
  for (const pause of [...pausesBetweenTries, undefined]) {
    process.stderr.write("installing npm packages, once for this clone\n");
    const { code, output } = await npmCi(lock);
    if (code === 0) break;
    if (/ENOSPC|no space left/i.test(output)) throw noSpace();
    if (pause === undefined) throw installFailed(output);
    process.stderr.write(`npm ci failed, next try in ${pause / 1000} s\n`);
    await wait(pause);
  }
  if (!isInPlace()) writeFileSync(stamp, createHash("sha256").update(readFileSync(lockfile)).digest("hex"));
}

function npmCi(lock) {
  const since = Date.now();
  const progress = setInterval(() => {
    process.stderr.write(`installing npm packages … ${Math.round((Date.now() - since) / 1000)} s\n`);
  }, progressMilliseconds);
  return new Promise((resolve, reject) => {
    // Install scripts of packages are nobody's business here; what we need works without them.
    child = spawn("npm", ["ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit"], {
      cwd: root,
      // npm shares the lock: should this process be killed, nobody else starts while npm is still at work.
      // oxlint-disable-next-line no-underscore-dangle -- there is no public way to a server's descriptor
      stdio: ["ignore", "pipe", "pipe", lock._handle.fd],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += text));
    child.on("error", (error) => reject(error.code === "ENOENT" ? npmMissing() : error));
    child.on("close", (code) =>
      interruption ? process.exit(exitCodeOf(interruption)) : resolve({ code, output }),
    );
  }).finally(() => clearInterval(progress));
}

async function findNode() {
  if (majorOf(process.versions.node) >= oldestForProgram) return process.execPath;
  const packaged = join(modules, `node-linux-${arch()}`, "bin", "node");
  const { stdout } = spawnSync(packaged, ["--version"], { encoding: "utf8" });
  if (majorOf((stdout ?? "").slice(1)) >= oldestForProgram) return packaged;
  throw new SetupError("TOOL_MISSING", 3, {
    problems: [
      `Node.js is ${process.versions.node}; ${oldestForProgram} or newer is needed.`,
      `The one that npm packages bring does not run here: ${packaged}`,
    ],
    fix: `install Node.js ${oldestForProgram} or newer (https://nodejs.org/en/download) and start again`,
  });
}

function handOver(node, args) {
  // Children find this very Node.js, whichever the system's is. Its TypeScript needs no warning on every start.
  // The proxy switch would send calls to the local cloud to the user's proxy.
  process.env.PATH = [dirname(node), process.env.PATH].filter(Boolean).join(delimiter);
  delete process.env.NODE_USE_ENV_PROXY;
  const first = `--import=${new URL("cli/load-failure.mjs", import.meta.url).href}`;
  child = spawn(node, ["--disable-warning=ExperimentalWarning", first, ...args], { stdio: "inherit" });
  child.on("error", fail);
  child.on("exit", (code, signal) => process.exit(code ?? exitCodeOf(signal)));
}

// This process stays until its child has cleaned up and ended.
function passSignalsOn() {
  // Asked now: when the terminal has gone, nothing tells that there was one.
  hasTerminal = ownStat()[4] !== "0";
  for (const each of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(each, (signal) => {
      interruption = signal;
      const ended = !child || child.exitCode !== null || child.signalCode !== null;
      if (ended) process.exit(exitCodeOf(signal));
      if (!reachesWholeGroup(signal)) child.kill(signal);
    });
  }
}

// Ctrl-C, and the end of a terminal, are sent by the kernel to every process of the terminal's foreground group, the
// child among them. Sent once more they would read as "stop cleaning up, end at once".
function reachesWholeGroup(signal) {
  if (signal === "SIGTERM") return false;
  return signal === "SIGHUP" ? hasTerminal : inForeground();
}

function inForeground() {
  const [, , group, , , foregroundGroup] = ownStat();
  return group === foregroundGroup;
}

// What follows the name in the stat line; the name may itself hold spaces and parentheses.
function ownStat() {
  const stat = readFileSync("/proc/self/stat", "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

// A name that one process can hold at a time, in the kernel's list and not on disk: it goes with its holder, however
// that one ends.
async function acquireLock() {
  const name = `\0failover-stacks-setup:${createHash("sha256").update(root).digest("hex")}`;
  for (let told = false; ; await wait(200)) {
    const server = createServer().unref();
    try {
      await once(server.listen(name), "listening");
      return server;
    } catch (error) {
      if (error.code !== "EADDRINUSE") throw error;
    }
    if (!told) process.stderr.write("waiting for another process, which is installing npm packages here\n");
    told = true;
  }
}

function majorOf(version) {
  return Number.parseInt(version, 10);
}

function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
}

function npmMissing() {
  return new SetupError("TOOL_MISSING", 3, {
    problems: ["npm is not on PATH; it comes with Node.js and installs the packages of package-lock.json."],
    fix: "install npm (Debian, Ubuntu: sudo apt-get install npm; or https://nodejs.org/en/download) and start again",
  });
}

function noSpace() {
  return new SetupError("NO_SPACE", 3, {
    problems: [`${modules} and npm's cache need about ${packagesMegabytes} MB; a disk is full.`],
    fix: "make room and start again",
  });
}

function installFailed(output) {
  const log = join(mkdtempSync(join(tmpdir(), "failover-stacks-")), "npm-ci.log");
  writeFileSync(log, output);
  return new SetupError("DOWNLOAD_FAILED", 3, {
    problems: ["npm ci failed three times.", ...output.trimEnd().split("\n").slice(-8), `In: ${log}`],
    fix: "check the network and npm's registry settings (npm config ls), then start again",
  });
}
