-- Up Migration

-- Journeys ------------------------------------------------------------------------------------------------------------

-- What starts journeys: one row a standing run, once its gates have approved it. `closing`: it starts nothing any more, but
-- its journeys go on.
create table triggers (
  run_no      integer primary key references runs (no),
  campaign_id text not null,
  state       text not null default 'open' check (state in ('open', 'closing', 'closed')),
  -- Types of events that start a journey, and those that a journey may be waiting for or end with.
  starts      text[] not null,
  listens     text[] not null,
  exclusive   text,
  priority    integer not null default 0,
  task_queue  text not null,
  -- The next member's number in its run.
  next_seq    integer not null default 1,
  opened_at   timestamptz not null,
  closed_at   timestamptz,
  closed_why  text
);
create unique index triggers_one_open on triggers (campaign_id) where state = 'open';

-- One contact on the way through one campaign: a member of the standing run, started by one event.
create table journeys (
  run_no      integer not null references triggers (run_no),
  seq         integer not null,
  campaign_id text not null,
  contact_id  bigint not null,
  -- Tells journeys of one contact apart; `-` where the file names none.
  key         text not null,
  workflow_id text not null,
  event_no    bigint not null,
  exclusive   text,
  listens     text[] not null,
  -- starting: admitted, its workflow may not have begun yet. held: paused, or failed and waiting for a person.
  state       text not null default 'starting' check (state in ('starting', 'running', 'held', 'ended')),
  -- The workflow execution that carries it out; any other finds that it is not the one.
  execution   text,
  step        text,
  held_why    text,
  outcome     text check (outcome in ('completed', 'goal', 'exited', 'aborted', 'failed')),
  -- Name of the exit taken.
  exit        text,
  detail      text,
  admitted_at timestamptz not null,
  began_at    timestamptz,
  ended_at    timestamptz,
  primary key (run_no, seq),
  foreign key (run_no, seq) references members (run_no, seq),
  -- However often an event is handed out, it starts one journey of a campaign.
  unique (campaign_id, event_no),
  check ((state = 'ended') = (outcome is not null))
) with (fillfactor = 75);
create index journeys_of_contact on journeys (contact_id, campaign_id, admitted_at);
create unique index journeys_alive on journeys (campaign_id, contact_id, key) where state <> 'ended';
create unique index journeys_exclusive on journeys (contact_id, exclusive) where state <> 'ended' and exclusive is not null;
create index journeys_not_over on journeys (run_no, seq) where state <> 'ended';

-- An ended journey never begins again, and no row is forgotten.
create function journeys_end_once() returns trigger language plpgsql as $$
begin
  if old.state = 'ended' then
    raise exception 'journey %:% has ended as %', old.run_no, old.seq, old.outcome using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger journeys_end_once before update on journeys for each row execute function journeys_end_once();
create trigger journeys_stay before delete on journeys for each row execute function refuse_change();
create trigger journeys_stay_all before truncate on journeys for each statement execute function refuse_change();

-- Events that matched a trigger and started nothing, each with the reason.
create table journey_refusals (
  campaign_id text not null,
  event_no    bigint not null,
  run_no      integer not null references triggers (run_no),
  contact_id  bigint,
  reason      text not null check (reason in ('nobody', 'undecidable', 'reentry', 'cooldown', 'exclusive')),
  -- In words, without personal data: which campaign won, how long the cooldown still lasts.
  detail      text not null,
  at          timestamptz not null,
  primary key (campaign_id, event_no)
);
create index journey_refusals_of_contact on journey_refusals (contact_id, campaign_id);
create index journey_refusals_of_run on journey_refusals (run_no);
create trigger journey_refusals_append_only before update or delete on journey_refusals
  for each row execute function refuse_change();

-- Events that journeys listen for, by contact, as they were handed out: what a journey looks into before it begins a step
-- and while it waits. Also there when the event came first and its journey after.
create table journey_events (
  contact_id bigint not null,
  event_no   bigint not null,
  type       text not null,
  at         timestamptz not null,
  primary key (contact_id, event_no)
);

-- Down Migration

drop table journey_events, journey_refusals, journeys, triggers;
drop function journeys_end_once;
