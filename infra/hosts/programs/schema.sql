-- The reference application's tables and who may do what with them. An administrator runs this in a new database,
-- as often as wanted; machines never see it. Database users (one for each identity, named by its client id) are
-- made at set-up and get one of the two roles.

do $$
begin
  if not exists (select from pg_roles where rolname = 'app_api') then create role app_api nologin; end if;
  if not exists (select from pg_roles where rolname = 'app_worker') then create role app_worker nologin; end if;
end
$$;

create table if not exists api_keys (
  key_hash text primary key, -- SHA-256 in hex: a key itself is nowhere
  customer text not null
);

create table if not exists entries (
  writer uuid not null,
  seq bigint not null,
  sent_at timestamptz not null,
  committed_at timestamptz not null default clock_timestamp(),
  previous text not null,
  hash text not null,
  primary key (writer, seq)
);

create table if not exists jobs (
  id uuid primary key,
  payload text not null,
  accepted_at timestamptz not null default clock_timestamp()
);

-- Jobs that are accepted and not done. Written with the job, deleted with its effect, both in one transaction.
create table if not exists outbox (
  job uuid primary key,
  account text, -- whose queue it was last sent to; null: to none
  enqueued_at timestamptz,
  moved_at timestamptz -- when it was last sent to another account than before
);
alter table outbox add column if not exists moved_at timestamptz; -- of a database that is older

-- No unique constraint: it would hide the duplicated effect that the ledger counts.
create table if not exists effects (
  job uuid not null,
  done_at timestamptz not null default clock_timestamp(),
  worker text not null,
  region text not null,
  blob text not null, -- <account>/<container>/<name>
  hash text not null -- SHA-256 of the blob's content, in hex
);
create index if not exists effects_by_job on effects (job);
create index if not exists effects_by_time on effects (done_at);

-- Messages that were put aside since no worker can do anything with them.
create table if not exists poison (
  account text not null,
  message text not null,
  reason text not null,
  put_aside_at timestamptz not null default clock_timestamp()
);

grant select on api_keys to app_api;
grant select, insert on entries, jobs to app_api;
grant select, insert, update on outbox to app_api;
grant select on effects to app_api;

grant select on jobs to app_worker;
grant select, delete on outbox to app_worker;
grant select, insert on effects, poison to app_worker;
