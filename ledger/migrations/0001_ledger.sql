-- Up Migration

-- The contact book ---------------------------------------------------------------------------------------------------

create table contacts (
  id           bigint generated always as identity primary key,
  -- As mail is addressed to it: ASCII, IDNA-encoded domain.
  address      text not null,
  -- Normalised form that makes two spellings one contact.
  address_key  text not null unique,
  -- HMAC-SHA256 of address_key: what suppressions are keyed by, so that they outlive an erased contact.
  address_hash bytea not null,
  domain       text not null,
  external_id  text,
  time_zone    text,
  locale       text,
  attributes   jsonb not null default '{}' check (jsonb_typeof(attributes) = 'object'),
  -- Latest state of the e-mail consent; the record behind it is in `consents`.
  consent      text not null default 'none' check (consent in ('none', 'granted', 'withdrawn')),
  created_at   timestamptz not null default now(),
  updated_at   timestamptz not null default now()
);
create index contacts_by_address_hash on contacts (address_hash);

-- Who agreed or withdrew, when, to which wording, by what means (GDPR 7.1; LSSI 21). Append-only.
create table consents (
  id          bigint generated always as identity primary key,
  contact_id  bigint not null references contacts (id),
  channel     text not null default 'email',
  state       text not null check (state in ('granted', 'withdrawn')),
  basis       text not null check (basis in ('consent', 'soft-opt-in')),
  source      text not null,
  wording     text,
  method      text,
  recorded_at timestamptz not null
);
create index consents_by_contact on consents (contact_id, recorded_at);

-- Addresses that get nothing, whatever an audience says. Append-only.
create table suppressions (
  address_hash bytea not null,
  scope        text not null default 'global',
  reason       text not null check (reason in ('unsubscribed', 'bounced', 'complained', 'manual')),
  source       text not null,
  created_at   timestamptz not null default now(),
  primary key (address_hash, scope)
);

-- Campaigns as they were applied -------------------------------------------------------------------------------------

create table revisions (
  revision    text primary key,
  campaign_id text not null,
  definition  jsonb not null,
  git_commit  text,
  created_at  timestamptz not null default now()
);

create table revision_files (
  revision text not null references revisions (revision),
  path     text not null,
  sha256   text not null,
  content  bytea not null,
  primary key (revision, path)
);

create table runs (
  no                integer generated always as identity primary key,
  -- The workflow id: campaign/<id>/<run key>.
  run_id            text not null unique,
  campaign_id       text not null,
  environment       text not null,
  revision          text not null references revisions (revision),
  applied_plan_hash text not null,
  applied_by        text not null,
  applied_at        timestamptz not null,
  -- Hash over revision, frozen audience and cost; gates bind to it.
  plan_hash         text,
  audience_checksum text,
  members           integer,
  -- Contacts about whom the audience's condition could not be decided; they are no members.
  undecidable       integer,
  -- Most that the run can cost: [{currency, micros}].
  cost              jsonb not null default '[]',
  -- Whether deliveries may be claimed at this moment. Checked inside every claim.
  dispatch          text not null default 'open' check (dispatch in ('open', 'paused', 'closed')),
  phase             text not null default 'preparing',
  prepared_at       timestamptz,
  finished_at       timestamptz
);
create index runs_by_campaign on runs (campaign_id, no);

-- The frozen audience of a run. seq is the order of a salted hash, so any prefix is a random sample.
create table members (
  run_no     integer not null references runs (no),
  seq        integer not null check (seq > 0),
  contact_id bigint not null,
  shard      smallint not null,
  arm        text not null,
  -- Probability with which this arm was assigned.
  propensity real not null check (propensity > 0 and propensity <= 1),
  time_zone  text not null,
  primary key (run_no, seq)
);
create index members_by_contact on members (contact_id, run_no);

-- Deliveries ---------------------------------------------------------------------------------------------------------

-- One row per step, member and channel, for ever. Fill factor leaves room for in-page updates; no index touches a
-- column that changes after the claim.
create table deliveries (
  run_no      integer not null references runs (no),
  step        text not null,
  seq         integer not null,
  channel     text not null default 'email',
  contact_id  bigint not null,
  domain      text not null default '',
  status      text not null check (status in (
    'waiting',     -- not now: quiet hours, back-off or pacing; due_at says when
    'claimed',     -- checks passed, owned by claim_token, nothing has left yet
    'sending',     -- handed to the platform by claim_token
    'released',    -- was in doubt; a person let it be sent again
    'sent', 'held_out', 'suppressed', 'unconsented', 'capped', 'late', 'invalid', 'failed', 'in_doubt', 'cancelled')),
  claim_token uuid,
  attempts    smallint not null default 0,
  due_at      timestamptz,
  claimed_at  timestamptz,
  settled_at  timestamptz,
  code        smallint,
  detail      text,
  platform_ref text,
  primary key (run_no, step, seq, channel)
) with (fillfactor = 75);
create index deliveries_by_contact on deliveries (contact_id, claimed_at) where claimed_at is not null;

-- A settled delivery never becomes another one, except that doubt may be resolved.
create function deliveries_settle_once() returns trigger language plpgsql as $$
begin
  if old.status in ('sent', 'held_out', 'suppressed', 'unconsented', 'capped', 'late', 'invalid', 'failed', 'cancelled')
     and new.status is distinct from old.status then
    raise exception 'delivery %:%:% is settled as % and cannot become %', old.run_no, old.step, old.seq, old.status, new.status
      using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger deliveries_settle_once before update of status on deliveries
  for each row execute function deliveries_settle_once();
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
end $$;
create trigger deliveries_stay before delete on deliveries for each row execute function refuse_change();
create trigger deliveries_stay_all before truncate on deliveries for each statement execute function refuse_change();
create trigger consents_append_only before update or delete on consents for each row execute function refuse_change();
create trigger consents_stay_all before truncate on consents for each statement execute function refuse_change();
create trigger suppressions_append_only before update or delete on suppressions for each row execute function refuse_change();
create trigger suppressions_stay_all before truncate on suppressions for each statement execute function refuse_change();

-- Limits shared by all workers and campaigns -------------------------------------------------------------------------

create table token_buckets (
  platform   text primary key,
  rate       double precision not null check (rate > 0),
  burst      double precision not null check (burst >= 1),
  tokens     double precision not null,
  updated_at timestamptz not null
);

-- Recipient domains that asked to be left alone for a while (4xx), per platform.
create table domain_backoffs (
  platform text not null,
  domain   text not null,
  until    timestamptz not null,
  strikes  integer not null,
  primary key (platform, domain)
);

-- People's decisions -------------------------------------------------------------------------------------------------

-- Words of people; histories hold the id only.
create table decision_notes (
  id         uuid primary key,
  run_id     text not null,
  gate       text not null,
  by_person  text not null,
  note       text not null check (length(note) <= 4000),
  created_at timestamptz not null default now()
);

-- Personal single-use links of the mails that ask for a decision. Only the hash of a token is kept.
create table approval_tokens (
  id          uuid primary key,
  token_hash  bytea not null unique,
  run_id      text not null,
  gate        text not null,
  person      text not null,
  plan_hash   text not null,
  expires_at  timestamptz not null,
  state       text not null default 'issued' check (state in ('issued', 'burned', 'revoked')),
  issued_at   timestamptz not null default now(),
  burned_at   timestamptz
);
create index approval_tokens_by_gate on approval_tokens (run_id, gate);

-- Mails to the team: one row a message, so that a retry does not repeat what was accepted.
create table notifications (
  key        text primary key,
  run_id     text not null,
  person     text not null,
  status     text not null check (status in ('claimed', 'sent', 'failed', 'in_doubt')),
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  detail     text
);

-- Audit --------------------------------------------------------------------------------------------------------------

-- Append-only, each row chained to the one before by its hash.
create table audit (
  id        bigint generated always as identity primary key,
  at        timestamptz not null,
  run_id    text,
  actor     text not null,
  action    text not null,
  subject   text,
  detail    jsonb not null default '{}',
  -- The same fact written twice by a retry is one fact.
  fact_key  text unique,
  prev_hash bytea not null,
  hash      bytea not null
);
create index audit_by_run on audit (run_id, id);

-- How long the chain is and how it ends: rows cut off at its end would leave no gap in it.
create table audit_head (
  one  boolean primary key default true check (one),
  rows bigint not null,
  hash bytea not null
);
insert into audit_head (rows, hash) values (0, '\x00');

-- Every column of a row, none able to pass for its neighbour, and the hash of the row before.
create function audit_hash(fact audit) returns bytea language sql stable as $$
  select sha256(fact.prev_hash || convert_to(jsonb_build_array(fact.id, extract(epoch from fact.at), fact.run_id, fact.actor,
    fact.action, fact.subject, fact.detail, fact.fact_key)::text, 'UTF8'))
$$;

create function audit_chain() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('volante'), hashtext('audit'));
  -- Numbered under the lock, so that the chain runs in the order of ids.
  new.id := nextval(pg_get_serial_sequence('audit', 'id'));
  select a.hash into new.prev_hash from audit a order by a.id desc limit 1;
  new.prev_hash := coalesce(new.prev_hash, '\x00'::bytea);
  new.hash := audit_hash(new);
  return new;
end $$;
create trigger audit_chain before insert on audit for each row execute function audit_chain();

-- After the insert, because a fact that is there already is passed over without one.
create function audit_grew() returns trigger language plpgsql as $$
begin
  update audit_head set rows = rows + 1, hash = new.hash;
  return null;
end $$;
create trigger audit_grew after insert on audit for each row execute function audit_grew();
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_stay_all before truncate on audit for each statement execute function refuse_change();

-- Down Migration

drop function audit_hash;
drop table audit, audit_head, notifications, approval_tokens, decision_notes, domain_backoffs, token_buckets, deliveries, members, runs,
  revision_files, revisions, suppressions, consents, contacts cascade;
drop function audit_chain, audit_grew, refuse_change, deliveries_settle_once;
