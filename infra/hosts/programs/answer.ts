import type { Connection } from "./database.ts";

/** What a request is answered. */
export interface Answer {
  status: number;
  body: object;
}

/** What a request that is well-formed does in the database. */
export type Work = (connection: Connection) => Promise<Answer>;

export function refused(status: number, error: string, reason?: string): Answer {
  return { status, body: { error, ...(reason !== undefined && { reason }) } };
}
