/**
 * The storage accounts of one region, in one process. Argument, requests and answers: storage-protocol.ts, as JSON.
 * Ends when standard input does, or on SIGTERM, with everything written to the disk.
 */
import { serveRequests } from "../request-server.ts";
import { openAzurite } from "./azurite.ts";
import type { StorageAnswer, StorageRequest, StorageSettings } from "./storage-protocol.ts";

const azurite = await openAzurite(JSON.parse(process.argv[2] ?? "{}") as StorageSettings);

process.once("SIGTERM", () => void azurite.close().finally(() => process.exit(0)));

serveRequests(({ accounts }: StorageRequest): StorageAnswer => {
  azurite.setAccounts(accounts);
  return { done: true };
});
