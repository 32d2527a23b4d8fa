/** What a cluster is for. */
export type Purpose =
  | { kind: "primary" }
  /** Follows the one that a connection string names. */
  | { kind: "replica"; of: string }
  /** Takes the state of a time, in PostgreSQL's words, and then writes. */
  | { kind: "restore"; to: string };

export interface ClusterSettings {
  purpose: Purpose;
  /** Holds the socket. */
  folder: string;
  archive: string;
  refusesWrites: boolean;
}

/** postgresql.conf. It lies outside of the data folder, so that neither a base backup nor pg_rewind brings another one's. */
export function settingsFile({ purpose, folder, archive, refusesWrites }: ClusterSettings): string {
  const values: Record<string, string> = {
    listen_addresses: "''",
    unix_socket_directories: quoted(folder),
    hba_file: quoted(`${folder}/pg_hba.conf`),
    default_transaction_read_only: refusesWrites ? "on" : "off",
    ...constant,
    archive_command: archiveCommand(archive),
    restore_command: quoted(`cp "${archive}/%f" "%p"`),
    ...purposeSettings(purpose),
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** Only those who can enter the run's folder reach a socket in it, and they may be anybody. */
export const accessFile = "local all all trust\nlocal replication all trust\n";

const constant = {
  // A replica archives, too, so that what is promoted can be restored to a time before its promotion.
  archive_mode: "always",
  // Azure backs up its logs every 5 to 10 minutes; a restore ends the segment itself.
  archive_timeout: "10",
  track_commit_timestamp: "on",
  // What pg_rewind needs.
  wal_log_hints: "on",
  wal_keep_size: "128MB",
  max_wal_size: "256MB",
  shared_buffers: "16MB",
  // In the cluster's own folder, with which it goes: a server that is killed leaves segments in /dev/shm for ever.
  dynamic_shared_memory_type: "mmap",
  max_connections: "100",
  // After 5 s only, by default: a promotion would wait for it.
  wal_retrieve_retry_interval: "100ms",
  wal_receiver_status_interval: "1s",
  wal_receiver_timeout: "10s",
  wal_sender_timeout: "10s",
  max_standby_streaming_delay: "1s",
  jit: "off",
  timezone: "'UTC'",
  log_timezone: "'UTC'",
};

function purposeSettings(purpose: Purpose): Record<string, string> {
  if (purpose.kind === "restore") {
    return { recovery_target_time: quoted(purpose.to), recovery_target_action: "promote" };
  }
  // Its own archive would only say that it does not have what comes next.
  if (purpose.kind === "replica") return { primary_conninfo: quoted(purpose.of), restore_command: "''" };
  return {};
}

// A replica that starts again receives a segment again: the same content is as good as archived.
function archiveCommand(archive: string): string {
  const [to, draft] = [`"${archive}/%f"`, `"${archive}/.%f"`];
  return quoted(`if test -f ${to}; then cmp -s "%p" ${to}; else cp "%p" ${draft} && mv ${draft} ${to}; fi`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
