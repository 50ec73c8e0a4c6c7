-- Up Migration

-- Waves ---------------------------------------------------------------------------------------------------------------

-- Members released together by a step: a stretch of sequence numbers, which are in the order of a salted hash, so that
-- every wave is a random sample. Weights are what each member's arm was drawn with: the logged propensity.
create table waves (
  run_no      integer not null references runs (no),
  step        text not null,
  wave        smallint not null check (wave > 0),
  from_seq    integer not null,
  to_seq      integer not null,
  salt        text not null,
  -- {arm: share}, shares above 0 that add up to 1; empty for a step without arms.
  weights     jsonb not null default '{}',
  -- Changes when the plan of the experiment does; data of an earlier epoch back no claim.
  epoch       text not null default '',
  released_at timestamptz not null,
  primary key (run_no, step, wave)
);
create trigger waves_append_only before update or delete on waves for each row execute function refuse_change();
create trigger waves_stay_all before truncate on waves for each statement execute function refuse_change();

-- Which arm a contact gets: sha256 of `salt:contact` as a number in [0, 1), laid over the shares in the order of their
-- names. The same as assignArm() of definition/assignment.ts.
create function arm_of(weights jsonb, salt text, contact_id bigint) returns text language sql immutable parallel safe as $$
  select arm from (
    select key as arm, sum(value::float8) over (order by key collate "C") as upto,
           row_number() over (order by key collate "C" desc) = 1 as is_last
      from jsonb_each_text(weights)) shares
   where is_last
      or upto > ('x' || encode(substr(sha256(convert_to(salt || ':' || contact_id, 'UTF8')), 1, 6), 'hex'))::bit(48)::bigint
                / 281474976710656::float8
   order by upto limit 1
$$;

alter table deliveries add column wave smallint, add column arm text;

-- Deliveries per arm as they are settled, so that a monitor costs nothing that grows with the audience.
create table delivery_tallies (
  run_no integer not null references runs (no),
  step   text not null,
  arm    text not null,
  -- Spreads the writers: lanes of delivery do not wait for one row.
  slot   smallint not null,
  sent   integer not null default 0,
  primary key (run_no, step, arm, slot)
);

-- Decisions -----------------------------------------------------------------------------------------------------------

-- One row a look at an experiment, or a judgement of a checkpoint: the alpha ledger. Append-only; a retry of the same
-- look finds it here and spends nothing.
create table decisions (
  id            text primary key,
  run_no        integer not null references runs (no),
  step          text not null,
  checkpoint    text not null,
  look          smallint not null,
  epoch         text not null,
  at            timestamptz not null,
  state         text not null check (state in ('pass', 'fail', 'invalid', 'error', 'inconclusive')),
  -- What the file declared for this state.
  declared      jsonb not null,
  -- Of the planned information; null when the look spent no alpha.
  fraction      double precision,
  evidence      jsonb not null,
  judgement     jsonb not null,
  method        text not null,
  revision      text not null,
  git_commit    text,
  unique (run_no, step, checkpoint, look)
);
create index decisions_by_experiment on decisions (run_no, step, at);
create trigger decisions_append_only before update or delete on decisions for each row execute function refuse_change();
create trigger decisions_stay_all before truncate on decisions for each statement execute function refuse_change();

-- What was done upon a decision, by the run or by a person, with the reason. Append-only.
create table decision_actions (
  decision_id text not null,
  no          smallint not null,
  run_no      integer not null references runs (no),
  at          timestamptz not null,
  actor       text not null,
  -- A person put it in the place of what the file declares.
  is_override boolean not null,
  -- With the id of the person's note, where there is one.
  action      jsonb not null,
  primary key (decision_id, no)
);
create trigger decision_actions_append_only before update or delete on decision_actions
  for each row execute function refuse_change();

-- Money of a run, a line at a time; moves between lines are kept.
create table budget_moves (
  run_no   integer not null references runs (no),
  key      text not null,
  at       timestamptz not null,
  from_line text,
  to_line  text not null,
  currency text not null,
  micros   bigint not null,
  by_actor text not null,
  primary key (run_no, key)
);

-- What team and customers said about a run.
create table feedback (
  id         uuid primary key,
  run_no     integer not null references runs (no),
  at         timestamptz not null,
  from_whom  text not null check (from_whom in ('team', 'customer')),
  author     text,
  score      smallint check (score between 1 and 5),
  words      text not null check (length(words) <= 4000)
);
create index feedback_by_run on feedback (run_no, at);

-- Down Migration

drop function arm_of;
drop table feedback, budget_moves, decision_actions, decisions, delivery_tallies, waves;
alter table deliveries drop column wave, drop column arm;
