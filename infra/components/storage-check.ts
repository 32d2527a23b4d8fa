import { Command } from "@pulumi/command/local/command.js";
import type { CustomResourceOptions } from "@pulumi/pulumi";

export interface StorageCheckArgs {
  /** ARM id of the account that hosts are to use. */
  account: string;
  side: "primary" | "secondary";
}

/**
 * Runs when hosts are to use another account, and at no other `up`. They are told after it: an account that is in the
 * state and no longer in Azure stops the switch, not them.
 */
export function storageCheck(
  name: string,
  { account, side }: StorageCheckArgs,
  opts: CustomResourceOptions,
): Command {
  return new Command(
    name,
    {
      create: "node --disable-warning=ExperimentalWarning storage-check/check.ts",
      environment: { FAILOVER_STORAGE_ACCOUNT: account, FAILOVER_TARGET: side },
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
