import { createHash } from "node:crypto";
import { BlobServiceClient, type ContainerClient } from "@azure/storage-blob";
import type { MachineIdentity } from "./machine-identity.ts";

/** What came out of a job. */
export interface Result {
  account: string;
  job: string;
  content: string;
}

const containerName = "files";
const callMs = 2000;

/** Results of jobs, in whichever account the settings name. */
export class Results {
  readonly #identity: MachineIdentity;
  readonly #containers = new Map<string, ContainerClient>();

  constructor(identity: MachineIdentity) {
    this.#identity = identity;
  }

  /** The same job makes the same blob, whoever does it and however often. Returns `<account>/<container>/<name>`. */
  async write({ account, job, content }: Result): Promise<string> {
    const name = `results/${job}`;
    await this.#containerOf(account)
      .getBlockBlobClient(name)
      .upload(content, Buffer.byteLength(content), {
        blobHTTPHeaders: { blobContentType: "text/plain" },
        abortSignal: AbortSignal.timeout(callMs),
      });
    return `${account}/${containerName}/${name}`;
  }

  #containerOf(account: string): ContainerClient {
    const container = this.#containers.get(account) ?? this.#open(account);
    this.#containers.set(account, container);
    return container;
  }

  #open(account: string): ContainerClient {
    const url = `https://${account}.blob.core.windows.net`;
    // Whoever does a job does it again soon.
    const options = { retryOptions: { maxTries: 1 } };
    return new BlobServiceClient(url, this.#identity.credential, options).getContainerClient(containerName);
  }
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
