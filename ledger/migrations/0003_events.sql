-- Up Migration

-- The book of events --------------------------------------------------------------------------------------------------

-- What people did and what became of messages: once by the id that its source gave it. Append-only. Holds no personal
-- data but numbers that stand for people. An event may lie in the future (a simulation writes ahead); whoever reads says
-- what time it is and looks no further.
create type event_kind as enum (
  'delivered', 'bounced', 'complained', 'unsubscribed', 'clicked', 'opened', 'exposed', 'converted', 'revenue', 'refund');

-- Narrow columns first: a measurement reads every row once.
create table events (
  occurred_at   timestamptz not null,
  received_at   timestamptz not null default now(),
  kind          event_kind not null,
  is_bot        boolean not null default false,
  -- What the event itself knows of the delivery behind it. For an exposure, `step` is the flag.
  run_no        integer,
  contact_id    bigint,
  amount_micros bigint,
  seq           integer,
  source        text not null check (source ~ '^(volante:)?[a-z][a-z0-9-]{0,62}$'),
  id            text not null check (length(id) between 1 and 200),
  step          text,
  currency      text check (currency ~ '^[A-Z]{3}$'),
  -- A visitor of web pages whom nobody knows by name: a hash. `arm` is what they were shown.
  unit          text check (length(unit) between 1 and 64),
  arm           text,
  primary key (source, id),
  check (contact_id is not null or unit is not null),
  check ((amount_micros is null) = (currency is null)),
  check (kind <> 'exposed' or (step is not null and arm is not null)),
  check (seq is null or (run_no is not null and step is not null))
);
-- Whole, so that a measurement of many members reads it in the order of contacts, and the table not at all.
create index events_by_contact on events (contact_id, occurred_at)
  include (kind, is_bot, run_no, amount_micros, step, currency) where contact_id is not null;
create index events_by_run on events (run_no, kind, occurred_at) where run_no is not null;
create index events_of_no_run on events (kind, occurred_at) where run_no is null and contact_id is not null;
create index events_by_unit on events (unit, occurred_at) where unit is not null;
create index events_by_flag on events (step, occurred_at) where kind = 'exposed';
create trigger events_append_only before update or delete on events for each row execute function refuse_change();
create trigger events_stay_all before truncate on events for each statement execute function refuse_change();

-- How far each source has told everything. Only ever moves forward.
create table event_sources (
  source     text primary key,
  watermark  timestamptz not null,
  updated_at timestamptz not null default now()
);

-- Events about people whom the contact book does not know (yet): kept without their address, so that they count once the
-- contact has been imported.
create table event_rejects (
  source        text not null,
  id            text not null,
  reason        text not null,
  kind          event_kind not null,
  address_hash  bytea,
  external_id   text,
  occurred_at   timestamptz not null,
  received_at   timestamptz not null default now(),
  amount_micros bigint,
  currency      text,
  primary key (source, id)
);

create index contacts_by_external_id on contacts (external_id) where external_id is not null;

-- Down Migration

drop index contacts_by_external_id;
drop table event_rejects, event_sources, events;
drop type event_kind;
