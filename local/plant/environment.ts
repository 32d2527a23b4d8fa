/**
 * What a process of the plant gets to know. The caller's environment (tokens, proxies, agents) is
 * never among it: a plant must not be able to reach anything real.
 */
export function childEnvironment(folder: string, added: Record<string, string>): Record<string, string> {
  return {
    PATH: "/usr/bin:/bin",
    LANG: "C.UTF-8",
    HOME: folder,
    TMPDIR: folder,
    FAILOVER_PLANT: "local",
    ...added,
  };
}
