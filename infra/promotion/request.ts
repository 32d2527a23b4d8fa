import type { Environment } from "./arm.ts";

export type Side = "primary" | "secondary";

/** Which server is to have the primary role, from the variables that promote.ts lists. */
export interface Request {
  target: Side;
  /** ARM ids: the group as the target's server has it, and the database that has the primary role until then. */
  group: string;
  database: string;
  acceptedLoss: string | undefined;
  /** The way back begins when the old server streams again; who has just mended it need not come back for it. */
  streamsWithinSeconds: number;
}

export function requestIn(env: Environment): Request {
  const target = targetOf(env);
  const other = target === "primary" ? "secondary" : "primary";
  return {
    target,
    group: `${server(env, target)}/failoverGroups/${required(env, "FAILOVER_GROUP")}`,
    database: `${server(env, other)}/databases/${required(env, "FAILOVER_DATABASE")}`,
    acceptedLoss: env["FAILOVER_ACCEPTED_LOSS"],
    streamsWithinSeconds: Number(env["FAILOVER_STREAMS_WITHIN_SECONDS"] ?? 60),
  };
}

function targetOf(env: Environment): Side {
  const target = required(env, "FAILOVER_TARGET");
  if (target === "primary" || target === "secondary") return target;
  throw new Error(`FAILOVER_TARGET is "${target}"; allowed: primary, secondary`);
}

function server(env: Environment, side: Side): string {
  return required(env, `FAILOVER_SERVER_${side.toUpperCase()}`);
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
