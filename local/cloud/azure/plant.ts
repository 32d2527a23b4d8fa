import type { PlantAnswer, PlantCall, PlantRequest } from "./plant-protocol.ts";

/** Runs machines, databases and storage, holds the firewall, and answers names. */
export interface Plant {
  /**
   * @returns what the protocol says that the call is answered with.
   * @throws PlantRefusal with the plant's own code and message.
   */
  call(call: PlantCall): Promise<unknown>;
}

/** The plant could not do what was asked. */
export class PlantRefusal extends Error {
  readonly code: string;

  constructor({ code, message }: { code: string; message: string }) {
    super(message);
    this.name = "PlantRefusal";
    this.code = code;
  }
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** The plant at the other end of two streams of lines. */
export class RemotePlant implements Plant {
  readonly #write: (line: string) => void;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  call(call: PlantCall): Promise<unknown> {
    this.#lastId += 1;
    const request: PlantRequest = { id: this.#lastId, ...call };
    return new Promise((resolve, reject) => {
      this.#pending.set(request.id, { resolve, reject });
      this.#write(JSON.stringify(request));
    });
  }

  /** Takes one line of the plant's. */
  answered(line: string): void {
    const answer = JSON.parse(line) as PlantAnswer;
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ("error" in answer) pending?.reject(new PlantRefusal(answer.error));
    else pending?.resolve(answer.value);
  }
}
