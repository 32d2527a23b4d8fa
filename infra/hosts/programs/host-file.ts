import { readFileSync } from "node:fs";

/** What every program finds in /etc/failover/host.json, beside its own keys. */
export interface HostFile {
  /** Where it keeps what must outlive it. */
  stateFolder: string;
  settings: {
    /** `https://<store>.azconfig.io` */
    endpoint: string;
    /** Of the machine's user-assigned identity. */
    clientId: string;
  };
}

/** The program's first argument is the path of the file, when it is not the usual one. */
export function readHostFile(): HostFile {
  return JSON.parse(readFileSync(process.argv[2] ?? "/etc/failover/host.json", "utf8")) as HostFile;
}
