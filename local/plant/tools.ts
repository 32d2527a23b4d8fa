/** A program of the toolchain. */
export interface Tool {
  path: string;
  /** Where its libraries are, when they are not the system's. */
  env: Record<string, string>;
}

/** What a plant needs of the toolchain. */
export interface PlantTools {
  haproxy: Tool;
  nsd: Tool;
  nsdControl: Tool;
  unbound: Tool;
  unboundControl: Tool;
  postgres: Tool;
  initdb: Tool;
  pgBasebackup: Tool;
  pgRewind: Tool;
  /** Path of Node ≥ 24, which runs TypeScript as it is. */
  node: string;
}
