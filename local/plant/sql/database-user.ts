/**
 * PostgreSQL refuses to run as root. Where the plant does, PostgreSQL runs as `nobody`, who owns the data and may enter
 * the folders of the run and of the cache, closed to others as they are: the capability is left for that. PostgreSQL asks
 * by access(2), which counts capabilities of other users than root only with that bit set.
 */
export function asDatabaseUser(command: { path: string; args: string[] }): { path: string; args: string[] } {
  if (process.getuid?.() !== 0) return command;
  return { path: "setpriv", args: [...identity, command.path, ...command.args] };
}

// By number: the group has no name that all systems share.
const identity = [
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
  "--inh-caps=+dac_override",
  "--ambient-caps=+dac_override",
  "--securebits=+no_setuid_fixup",
];
