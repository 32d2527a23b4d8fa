import { readFileSync } from "node:fs";
import { Agent } from "node:https";
import type { PipelineOptions } from "@azure/core-rest-pipeline";
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { QueueServiceClient, StorageSharedKeyCredential as QueueKeyCredential } from "@azure/storage-queue";
import { blobPort, queuePort } from "../data-hosts.ts";

export interface AccountPlace {
  account: string;
  key: string;
  /** Where the account's server listens, past the network. */
  shadow: string;
}

/** A connection that was kept may just be ending when it is used again; what hangs is ended by each call's own limit. */
const retryOptions = { maxTries: 3, retryDelayInMs: 50 };

/** The official clients with an account's key, as the plant itself uses them. */
export class StorageClients {
  readonly blobs: BlobServiceClient;
  readonly queues: QueueServiceClient;

  /** @param authority PEM file of what signed the servers' certificate */
  constructor({ account, key, shadow }: AccountPlace, authority: string) {
    const options = { ...direct(readFileSync(authority, "utf8")), retryOptions };
    const url = (port: number) => `https://${shadow}:${port}/${account}`;
    this.blobs = new BlobServiceClient(url(blobPort), new StorageSharedKeyCredential(account, key), options);
    this.queues = new QueueServiceClient(url(queuePort), new QueueKeyCredential(account, key), options);
  }
}

/**
 * An agent of their own trusts the plant's authority, and keeps them from the proxy that the caller's environment may
 * name. They hand every option on to the pipeline of Azure's core, though their types name fewer.
 */
function direct(ca: string): Pick<PipelineOptions, "agent"> {
  return { agent: new Agent({ ca, keepAlive: true }) };
}
