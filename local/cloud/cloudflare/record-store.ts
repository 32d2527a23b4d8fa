import { randomBytes } from "node:crypto";
import { ApiError, type AnswerName } from "./api-error.ts";
import { type DnsRecord, isProxiable, type RecordContent, type RecordType } from "./record.ts";

/** Which types already at a name forbid a new record of this type there, and what Cloudflare then answers. */
const conflicts: Record<RecordType, { with: RecordType[]; answer: AnswerName }[]> = {
  A: [{ with: ["CNAME"], answer: "aliasExists" }, delegation()],
  AAAA: [{ with: ["CNAME"], answer: "aliasExists" }, delegation()],
  CNAME: [{ with: ["A", "AAAA", "CNAME"], answer: "addressOrAliasExists" }, delegation()],
  MX: [delegation()],
  TXT: [delegation()],
  NS: [{ with: ["A", "AAAA", "CNAME"], answer: "addressOrAliasExists" }],
};

function delegation(): { with: RecordType[]; answer: AnswerName } {
  return { with: ["NS"], answer: "delegationExists" };
}

/** The records as they will be if the whole change succeeds. */
export interface Draft {
  create: (content: RecordContent) => DnsRecord;
  replace: (id: string, content: RecordContent) => DnsRecord;
  remove: (id: string) => DnsRecord;
  get: (id: string) => DnsRecord;
}

type Subscriber = (records: readonly DnsRecord[]) => Promise<void>;

/**
 * The records of one zone, in memory, in order of creation. A change is a function on a draft: it is
 * committed whole, or not at all if it throws.
 */
export class RecordStore {
  readonly zoneName: string;
  readonly #recordLimit: number;
  #records: ReadonlyMap<string, DnsRecord> = new Map();
  #subscriber: Subscriber = async () => {};

  constructor(settings: { zoneName: string; recordLimit: number }) {
    this.zoneName = settings.zoneName;
    this.#recordLimit = settings.recordLimit;
  }

  /** The subscriber is called after each committed change; `change` settles only when it has. */
  subscribe(subscriber: Subscriber): void {
    this.#subscriber = subscriber;
  }

  list(): DnsRecord[] {
    return [...this.#records.values()];
  }

  /** @throws ApiError 81044 when there is no such record. */
  get(id: string): DnsRecord {
    return find(this.#records, id);
  }

  async change<T>(edit: (draft: Draft) => T): Promise<T> {
    const records = new Map(this.#records);
    const result = edit(this.#draftOf(records));
    this.#records = records;
    await this.#subscriber(this.list()).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      // Trying again cannot help the caller: the record is there already.
      throw new ApiError("dataPlaneFailed", { words: { reason }, headers: { "x-should-retry": "false" } });
    });
    return result;
  }

  #draftOf(records: Map<string, DnsRecord>): Draft {
    const put = (record: DnsRecord): DnsRecord => {
      this.#refuseConflict(records, record);
      records.set(record.id, record);
      return record;
    };
    return {
      get: (id) => find(records, id),
      create: (content) => {
        if (records.size >= this.#recordLimit) throw new ApiError("quotaExceeded");
        return put(newRecord(content));
      },
      replace: (id, content) => put(changedRecord(find(records, id), content)),
      remove: (id) => {
        const removed = find(records, id);
        records.delete(id);
        return removed;
      },
    };
  }

  #refuseConflict(records: Map<string, DnsRecord>, candidate: DnsRecord): void {
    const others = [...records.values()].filter(
      ({ id, name }) => id !== candidate.id && name === candidate.name,
    );
    const atApex = candidate.name === this.zoneName;
    for (const { with: types, answer } of conflicts[candidate.type]) {
      const ownNameServers = atApex && answer === "delegationExists";
      if (!ownNameServers && others.some(({ type }) => types.includes(type))) throw new ApiError(answer);
    }
    const identical = others.some(
      ({ type, content }) => type === candidate.type && content === candidate.content,
    );
    if (identical) throw new ApiError("identicalRecord");
  }
}

function find(records: ReadonlyMap<string, DnsRecord>, id: string): DnsRecord {
  const record = records.get(id);
  if (!record) throw new ApiError("recordNotFound");
  return record;
}

function newRecord(content: RecordContent): DnsRecord {
  const now = new Date().toISOString();
  return {
    id: randomBytes(16).toString("hex"),
    ...content,
    proxiable: isProxiable(content.type),
    meta: {},
    created_on: now,
    modified_on: now,
    ...(content.comment === null ? {} : { comment_modified_on: now }),
  };
}

function changedRecord(old: DnsRecord, content: RecordContent): DnsRecord {
  const fresh = newRecord(content);
  return { ...fresh, id: old.id, created_on: old.created_on };
}
