/**
 * Preloaded into every Node program of a machine (`node --import`): the stand-in for Azure's DNS and for port 443,
 * which a plant cannot listen on without root. Names below windows.net are looked up at the plant's own cache
 * (PLANT_RESOLVER, `address:port`), each time anew; connections to a storage account's port 443 go to the port its
 * server has here. Everything else is left as it is. Plain JavaScript: a machine's program is nobody's TypeScript.
 */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import { promisify } from "node:util";

const ours = /\.windows\.net\.?$/i;

/** Behind which port 443 is, by the name. */
const httpsPorts = [
  [/\.blob\.core\.windows\.net\.?$/i, 10_000],
  [/\.queue\.core\.windows\.net\.?$/i, 10_001],
];

// getaddrinfo knows two answers to "no address": there is none, and nobody could say.
const absent = new Set(["ENOTFOUND", "ENODATA"]);

const system = {
  lookup: dns.lookup,
  lookupAsync: dns.promises.lookup,
  connect: net.Socket.prototype.connect,
};

/** A new one each time: it remembers answers for their TTL, which getaddrinfo does not. */
function resolver() {
  const fresh = new dns.promises.Resolver();
  fresh.setServers([process.env.PLANT_RESOLVER]);
  return fresh;
}

/** As dns.promises.lookup answers. */
async function lookUp(hostname, options) {
  const { family, all } = typeof options === "number" ? { family: options } : (options ?? {});
  try {
    // Azure's services have no IPv6 addresses.
    const addresses = [6, "IPv6"].includes(family) ? [] : await resolver().resolve4(hostname);
    const found = addresses.map((address) => ({ address, family: 4 }));
    if (found.length === 0) throw Object.assign(new Error("no address"), { code: "ENODATA" });
    return all ? found : found[0];
  } catch (error) {
    const code = absent.has(error.code) ? "ENOTFOUND" : "EAI_AGAIN";
    const failure = new Error(`getaddrinfo ${code} ${hostname}`, { cause: error });
    throw Object.assign(failure, { code, syscall: "getaddrinfo", hostname });
  }
}

function isOurs(hostname) {
  return typeof hostname === "string" && ours.test(hostname);
}

dns.promises.lookup = (hostname, options) =>
  isOurs(hostname) ? lookUp(hostname, options) : system.lookupAsync(hostname, options);

dns.lookup = Object.assign(lookUpWithCallback, {
  [promisify.custom]: (...args) => dns.promises.lookup(...args),
});

function lookUpWithCallback(hostname, ...rest) {
  if (!isOurs(hostname)) {
    system.lookup(hostname, ...rest);
    return;
  }
  const callback = rest.pop();
  // On a tick of its own: what the callback throws is not a failure of the look-up.
  const answer = (...args) => process.nextTick(callback, ...args);
  lookUp(hostname, rest[0]).then(
    (found) => (Array.isArray(found) ? answer(null, found) : answer(null, found.address, found.family)),
    (error) => answer(error),
  );
}

net.Socket.prototype.connect = function connect(...args) {
  // net.connect() and tls.connect() hand on what they have made of their arguments, as one array.
  const [options, callback] = Array.isArray(args[0]) ? args[0] : args;
  const port = Number(options?.port) === 443 && httpsPorts.find(([name]) => name.test(options.host))?.[1];
  return port ? system.connect.call(this, { ...options, port }, callback) : system.connect.apply(this, args);
};

syncBuiltinESMExports();
