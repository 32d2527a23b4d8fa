/** What the plant holds, read from databases and storage themselves, past everything that clients use. */
export interface Found {
  /** Rows of the live database: this run's writer's, and whoever else's were committed since it began. */
  entries: FoundEntry[];
  /** The same of the database that was left for a restored one. */
  discarded: FoundEntry[];
  /** Jobs that the live database knows. */
  jobs: { id: string }[];
  /** How many effects a job had. */
  effects: { job: string; count: number }[];
  /** Of all accounts together. `hash` is the SHA-256 of the content, in hex. */
  blobs: { name: string; hash: string }[];
  /** Messages that wait or are being worked on, by account. */
  stillQueued: Record<string, number>;
  /** Texts of the messages that workers put aside: `{"job": "<id>"}`, or whatever it was. */
  poison: string[];
}

export interface FoundEntry {
  writer: string;
  seq: number;
  previous: string;
  hash: string;
  /** ISO 8601. */
  committedAt: string;
}
