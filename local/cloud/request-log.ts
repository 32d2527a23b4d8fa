/**
 * One call as the API saw it. Times are milliseconds of CLOCK_MONOTONIC, so they compare with those of any
 * other process of this machine. `status` and `answeredAtMs` stay null while a call is unanswered.
 */
export interface LoggedRequest {
  method: string;
  path: string;
  /** Of a call to Azure. */
  apiVersion?: string;
  status: number | null;
  atMs: number;
  answeredAtMs: number | null;
}

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class RequestLog {
  readonly #requests: LoggedRequest[] = [];

  arrived(method: string, path: string, more: Pick<LoggedRequest, "apiVersion"> = {}): LoggedRequest {
    const times = { status: null, atMs: monotonicMs(), answeredAtMs: null };
    const request: LoggedRequest = { method, path, ...more, ...times };
    this.#requests.push(request);
    return request;
  }

  answered(request: LoggedRequest, status: number): void {
    request.status = status;
    request.answeredAtMs = monotonicMs();
  }

  /** Calls that arrived at or after the given time. */
  since(atMs: number): LoggedRequest[] {
    return this.#requests.filter((request) => request.atMs >= atMs);
  }
}
