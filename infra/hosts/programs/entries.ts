import { refused, type Work } from "./answer.ts";
import { valuesIn } from "./request-body.ts";

interface Kept {
  hash: string;
  committed_at: Date;
}

const save = `insert into entries (writer, seq, sent_at, previous, hash) values ($1, $2, $3, $4, $5)
  on conflict (writer, seq) do nothing returning hash, committed_at`;
const find = "select hash, committed_at from entries where writer = $1 and seq = $2";

/** Saves an entry of the statistics, once by writer and number. @throws BadBody */
export function saveEntry(body: Record<string, unknown>): Work {
  const values = valuesIn(body, {
    writer: "a UUID",
    seq: "a whole number",
    sentAt: "a UTC time in ISO 8601",
    previous: "a text",
    hash: "a text",
  });
  return async (connection) => {
    const saved = await connection.query<Kept>(save, values);
    const { rows } = saved.rowCount ? saved : await connection.query<Kept>(find, values.slice(0, 2));
    const [kept] = rows;
    if (kept?.hash !== body["hash"]) return refused(409, "another entry of this writer has this number");
    return { status: 200, body: { committedAt: kept?.committed_at } };
  };
}
