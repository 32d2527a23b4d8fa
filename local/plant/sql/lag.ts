import type { ReplicationLag } from "../../cloud/azure/plant-protocol.ts";
import { anyDatabase } from "./cluster.ts";
import { Connection } from "./ask.ts";
import type { Row } from "./ask.ts";

/** Where the log was at a time. */
interface Mark {
  atMs: number;
  position: bigint;
}

// In this order: whatever was committed before the clock was read is in the log up to the position read after it. Not
// the position of the next record: where a segment has just begun it lies behind what there is to replay.
const question = `
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as at;
  select pg_current_wal_flush_lsn() - '0/0'::pg_lsn as position;
  select replay_lsn - '0/0'::pg_lsn as position from pg_stat_replication
    where state = 'streaming' and replay_lsn is not null`;

const intervalMs = 250;
const limitMs = 2000;

/**
 * Watches from the primary how far its replica is. What it says is true, and not only likely: everything committed
 * before `asOf` − `seconds` is on the replica. It compares positions of the log, the replica's answer being as old as
 * the link makes it, and not PostgreSQL's own lag columns, which are empty or stale where nothing is written.
 */
export class LagWatch {
  #last: ReplicationLag | null = null;
  #streams = false;
  #marks: Mark[] = [];
  #coveredMs: number | undefined;
  #connection: Connection | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  readonly #folder: string;

  /** @param folder of the primary's socket */
  constructor(folder: string) {
    this.#folder = folder;
    void this.#goOn();
  }

  /** Stays what it was while the primary does not answer. */
  get last(): ReplicationLag | null {
    return this.#last;
  }

  /** Whether the replica was connected when the primary was asked last, and it answered. */
  get streams(): boolean {
    return this.#streams;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }

  async #goOn(): Promise<void> {
    try {
      await this.#sample();
    } catch {
      // The primary is gone, frozen or restarting: what it said last stays.
      this.#streams = false;
      this.#connection?.close();
      this.#connection = undefined;
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#goOn(), intervalMs);
  }

  async #sample(): Promise<void> {
    if (!this.#connection) {
      const connection = new Connection({ folder: this.#folder, database: anyDatabase, limitMs });
      this.#connection = connection;
      await connection.open();
    }
    const [clock, log, replicas] = await this.#connection.askAll(question);
    if (this.#stopped) return;
    const mark = { atMs: Number(clock?.[0]?.["at"]), position: positionOf(log?.[0]) ?? 0n };
    const replayed = (replicas ?? [])
      .map((row) => positionOf(row))
      .find((position) => position !== undefined);
    this.#streams = replayed !== undefined;
    this.#take(mark, replayed);
  }

  #take(mark: Mark, replayed: bigint | undefined): void {
    this.#marks.push(mark);
    if (replayed !== undefined) {
      const covered = this.#marks.findLast(({ position }) => position <= replayed);
      this.#coveredMs = covered?.atMs ?? this.#coveredMs;
      this.#marks = this.#marks.filter(({ position }) => position > replayed);
    }
    if (this.#coveredMs === undefined) return;
    const seconds = (mark.atMs - this.#coveredMs) / 1000;
    this.#last = { seconds, asOf: new Date(mark.atMs).toISOString() };
  }
}

function positionOf(row: Row | undefined): bigint | undefined {
  const value = row?.["position"];
  return typeof value === "string" ? BigInt(value) : undefined;
}
