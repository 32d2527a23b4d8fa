/** What of a package-lock.json counts here. */
export interface Lock {
  packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  version?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Manifest {
  dependencies: Record<string, string>;
}

/** Not needed by `npm ci`, which asks its registry for name and version, and refuses what has another integrity. */
const unread = ["license", "funding", "engines", "resolved"];

/**
 * The manifest and the lock of a program that uses some of the packages: with what those depend on, each at the place
 * where Node finds it, and nothing else. customData has a limit, and a machine is better off without code it never runs.
 * @throws Error naming a package that is not in the manifest or not in the lock
 */
export function lockFor(used: readonly string[], { manifest, lock }: { manifest: Manifest; lock: Lock }) {
  const dependencies = Object.fromEntries(
    used.toSorted().map((name) => [name, manifest.dependencies[name] ?? missing(name)]),
  );
  const places = new Set<string>();
  for (const name of Object.keys(dependencies)) collect({ name, from: "", lock }, places);
  const packages = Object.entries(lock.packages)
    .filter(([place]) => places.has(place))
    .map(([place, entry]) => [place, without(entry, unread)]);
  return {
    manifest: { ...manifest, dependencies },
    lock: { ...lock, packages: { "": { dependencies }, ...Object.fromEntries(packages) } },
  };
}

interface Wanted {
  name: string;
  /** Place of the package that wants it; empty: the project. */
  from: string;
  lock: Lock;
}

function collect({ name, from, lock }: Wanted, found: Set<string>): void {
  const place = placesFrom(from, name).find((candidate) => candidate in lock.packages) ?? missing(name);
  if (found.has(place)) return;
  found.add(place);
  const { dependencies, optionalDependencies } = lock.packages[place] ?? {};
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) {
    collect({ name: next, from: place, lock }, found);
  }
}

/** Where Node looks for a package, innermost first. */
function placesFrom(from: string, name: string): string[] {
  const here = from === "" ? `node_modules/${name}` : `${from}/node_modules/${name}`;
  return from === ""
    ? [here]
    : [here, ...placesFrom(from.slice(0, from.lastIndexOf("node_modules/")).replace(/\/$/, ""), name)];
}

function without(entry: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !keys.includes(key)));
}

function missing(name: string): never {
  throw new Error(`infra/hosts/package.json and its lock do not have ${name}`);
}
