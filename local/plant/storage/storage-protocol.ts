import type { AccountKeys, AzuriteOptions } from "./azurite.ts";

/** The only argument of the process, as JSON. */
export type StorageSettings = AzuriteOptions;

/** A line on standard input, besides its id. */
export interface StorageRequest {
  accounts: AccountKeys;
}

/** A line on standard output, besides its id. */
export interface StorageAnswer {
  done: true;
}
