import type { Settings } from "./settings-document.ts";

/** A line of `show servers state`. */
export interface ServerState {
  backend: string;
  name: string;
  /** 0 stopped, 1 starting, 2 running, 3 stopping. */
  operational: number;
  /** Whether somebody put it into maintenance by command: bit 0 of the administrative state. */
  maintained: boolean;
  /** Whether its health checks decide (bit 2 of the check's state). */
  checked: boolean;
}

const backend = "api";
const forcedMaintenance = 1;
const checksEnabled = 4;
const running = 2;

/** The servers that stay out of use, by the settings' axis. */
const maintainedBy: Record<Settings["api"], readonly string[]> = {
  both: [],
  main: ["api-backup"],
  backup: ["api-main"],
};

/**
 * Format 1 only gained columns at its end since HAProxy 1.6 (management guide, 9.3, "show servers state").
 * @throws Error when HAProxy answered something else
 */
export function parseServerStates(answer: string): ServerState[] {
  const [format, header, ...lines] = answer.trim().split("\n");
  if (format !== "1" || !header?.startsWith("# be_id be_name")) {
    throw new Error(`HAProxy answered ${JSON.stringify(answer.slice(0, 80))} to: show servers state`);
  }
  return lines.map((line) => {
    const cells = line.split(" ");
    return {
      backend: cells[1] ?? "",
      name: cells[3] ?? "",
      operational: Number(cells[5]),
      maintained: (Number(cells[6]) & forcedMaintenance) !== 0,
      checked: (Number(cells[13]) & checksEnabled) !== 0,
    };
  });
}

/** The commands after which exactly the servers that the axis wants are in use; none when they are already. */
export function commandsFor(api: Settings["api"], states: readonly ServerState[]): string[] {
  const wrong = states.filter(
    (state) => state.backend === backend && state.maintained !== maintainedBy[api].includes(state.name),
  );
  // First what comes back into use, so that there is no moment without a server.
  const ordered = wrong.toSorted((a, b) => Number(b.maintained) - Number(a.maintained));
  const sides = ordered.map(
    ({ name, maintained }) => `set server ${backend}/${name} state ${maintained ? "ready" : "maint"}`,
  );
  return [...sides, ...checkCommands(api, states)];
}

/**
 * Where the settings name one server, somebody has decided: it is used whatever its checks say. A check that
 * is wrong may be the very reason.
 */
function checkCommands(api: Settings["api"], states: readonly ServerState[]): string[] {
  return states
    .filter((state) => state.backend === backend)
    .flatMap(({ name, checked, operational }) => {
      const alone = api !== "both" && !maintainedBy[api].includes(name);
      if (!alone) return checked ? [] : [`enable health ${backend}/${name}`];
      const stop = checked ? [`disable health ${backend}/${name}`] : [];
      const up = operational === running ? [] : [`set server ${backend}/${name} health up`];
      return [...stop, ...up];
    });
}
