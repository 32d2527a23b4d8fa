import { QueueClient } from "@azure/storage-queue";
import type { MachineIdentity } from "./machine-identity.ts";

export interface Message {
  id: string;
  receipt: string;
  text: string;
  /** How often it was taken from the queue, now included. */
  deliveries: number;
}

export type Queue = ReturnType<typeof openQueue>;

/** Of a call: the clients' own time-outs don't end one that hangs. */
const callMs = 2000;
/** Shorter: for as long as the relay waits for one account, its jobs cannot go to another. */
const sendMs = 1000;

/** As long as a job in work is hidden from other workers. One that died gives its job back after it. */
export const hiddenSeconds = 10;

/** A queue of work in a storage account, used as the machine's identity. */
export function openQueue(place: { account: string; queue: string }, identity: MachineIdentity) {
  const { account, queue } = place;
  const url = `https://${account}.queue.core.windows.net/${queue}`;
  // Whoever relays or drains comes again soon.
  const client = new QueueClient(url, identity.credential, { retryOptions: { maxTries: 1 } });
  const limit = (ms = callMs) => ({ abortSignal: AbortSignal.timeout(ms) });
  return {
    async send(text: string): Promise<void> {
      await client.sendMessage(text, limit(sendMs));
    },
    /** Null when there is none. */
    async receive(): Promise<Message | null> {
      const { receivedMessageItems } = await client.receiveMessages({
        numberOfMessages: 1,
        visibilityTimeout: hiddenSeconds,
        ...limit(),
      });
      const [item] = receivedMessageItems;
      if (!item) return null;
      const { messageId: id, popReceipt: receipt, messageText: text, dequeueCount: deliveries } = item;
      return { id, receipt, text, deliveries };
    },
    async delete({ id, receipt }: Message): Promise<void> {
      await client.deleteMessage(id, receipt, limit());
    },
  };
}

/** The text of a job's message: its id alone, what it is about stands in the database. */
export function messageOf(job: string): string {
  return JSON.stringify({ job });
}

/** Undefined when it is no message of ours. */
export function jobIn(text: string): string | undefined {
  try {
    const { job } = JSON.parse(text) as { job?: unknown };
    return typeof job === "string" ? job : undefined;
  } catch {
    return undefined;
  }
}
