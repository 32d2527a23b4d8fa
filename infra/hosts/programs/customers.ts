import { createHash } from "node:crypto";
import type { Connection } from "./database.ts";

/** Asked with every request: a key that was withdrawn is worth nothing from then on. */
export async function isCustomer(connection: Connection, key: string): Promise<boolean> {
  const hash = createHash("sha256").update(key).digest("hex");
  const { rows } = await connection.query("select from api_keys where key_hash = $1", [hash]);
  return rows.length > 0;
}
