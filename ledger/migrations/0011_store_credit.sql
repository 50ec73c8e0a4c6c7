-- Up Migration

-- Store credit that points were spent for. Owed in the very transaction that takes the points; the platform has no idempotency
-- keys, so what was asked and never answered is looked up there before anything is asked again.
create table loyalty_credits (
  no         bigint generated always as identity primary key,
  journal_no bigint not null unique references loyalty_journal (no),
  program    text not null references loyalty_programs (id),
  contact_id bigint not null,
  platform   text not null,
  -- Stands in the note of the transaction on the platform.
  reference  uuid not null unique default gen_random_uuid(),
  currency   text not null,
  micros     bigint not null check (micros > 0),
  -- asked: somebody has begun to ask for it and wrote down no answer; refused: never to be paid, the points go back.
  state      text not null default 'owed' check (state in ('owed', 'asked', 'paid', 'refused')),
  -- The customer's account there, once for all attempts.
  account    text,
  owed_at    timestamptz not null default now(),
  asked_at   timestamptz,
  settled_at timestamptz,
  reason     text,
  constraint loyalty_credit_is_told_apart check (
    (state = 'asked') = (asked_at is not null and settled_at is null) and (state in ('paid', 'refused')) = (settled_at is not null))
);
create index loyalty_credits_open on loyalty_credits (program, no) where state in ('owed', 'asked');
create trigger loyalty_credits_stay before delete on loyalty_credits for each row execute function refuse_change();

-- Down Migration

drop table loyalty_credits;
