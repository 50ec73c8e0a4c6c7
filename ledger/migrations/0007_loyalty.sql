-- Up Migration

-- Loyalty programs ----------------------------------------------------------------------------------------------------

-- A program outlives the runs that carry it: points belong to the program, and the newest run tends it.
create table loyalty_programs (
  id        text primary key,
  run_no    integer not null references runs (no),
  terms     jsonb not null,
  state     text not null default 'open' check (state in ('open', 'closed')),
  opened_at timestamptz not null,
  closed_at timestamptz
);

-- What each member has, kept by the entries of the book and by nothing else. One row is also the lock of a member.
create table loyalty_balances (
  program    text not null references loyalty_programs (id),
  contact_id bigint not null,
  issued     bigint not null default 0 check (issued >= 0),
  pending    bigint not null default 0 check (pending >= 0),
  active     bigint not null default 0,
  spent      bigint not null default 0 check (spent >= 0),
  expired    bigint not null default 0 check (expired >= 0),
  reversed   bigint not null default 0 check (reversed >= 0),
  -- Points taken back that no lot could give; only of programs that declare `overdraft`.
  debt       bigint not null default 0 check (debt >= 0),
  overdraft  boolean not null,
  tier       text,
  tier_since timestamptz,
  primary key (program, contact_id),
  constraint loyalty_never_negative check (active >= 0 or overdraft),
  constraint loyalty_books_balance check (issued = pending + active + spent + expired + reversed)
) with (fillfactor = 80);
create index loyalty_balances_by_tier on loyalty_balances (program, contact_id) where tier is not null;

-- The book: what happened, once by its key. Append-only.
create table loyalty_journal (
  no          bigint generated always as identity primary key,
  program     text not null,
  contact_id  bigint not null,
  key         text not null check (length(key) between 1 and 400),
  kind        text not null check (kind in ('earn', 'award', 'adjust', 'activate', 'expire', 'spend', 'return', 'refund', 'undo')),
  at          timestamptz not null,
  recorded_at timestamptz not null default now(),
  -- What should have been taken back and was not there any more.
  uncovered   bigint not null default 0 check (uncovered >= 0),
  detail      jsonb not null default '{}',
  unique (program, key),
  unique (no, program, contact_id),
  foreign key (program, contact_id) references loyalty_balances (program, contact_id)
);
create index loyalty_journal_by_contact on loyalty_journal (program, contact_id, no);

create table loyalty_entries (
  journal_no bigint not null,
  program    text not null,
  contact_id bigint not null,
  account    text not null check (account in ('issued', 'pending', 'active', 'spent', 'expired', 'reversed')),
  points     bigint not null check (points <> 0),
  primary key (journal_no, account),
  foreign key (journal_no, program, contact_id) references loyalty_journal (no, program, contact_id)
);

create function loyalty_post() returns trigger language plpgsql as $$
begin
  if exists (select from added group by journal_no having sum(points) <> 0) then
    raise exception 'loyalty: entries do not add up to zero' using errcode = 'check_violation';
  end if;
  update loyalty_balances b
     set issued = b.issued - s.issued, pending = b.pending + s.pending, active = b.active + s.active,
         spent = b.spent + s.spent, expired = b.expired + s.expired, reversed = b.reversed + s.reversed
    from (select program, contact_id,
                 coalesce(sum(points) filter (where account = 'issued'), 0) as issued,
                 coalesce(sum(points) filter (where account = 'pending'), 0) as pending,
                 coalesce(sum(points) filter (where account = 'active'), 0) as active,
                 coalesce(sum(points) filter (where account = 'spent'), 0) as spent,
                 coalesce(sum(points) filter (where account = 'expired'), 0) as expired,
                 coalesce(sum(points) filter (where account = 'reversed'), 0) as reversed
            from added group by program, contact_id) s
   where b.program = s.program and b.contact_id = s.contact_id;
  return null;
end $$;
create trigger loyalty_post after insert on loyalty_entries referencing new table as added
  for each statement execute function loyalty_post();

-- A plan made while the table was small would read it whole for ever.
create function loyalty_journal_balances() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  if (select coalesce(sum(points), 0) from loyalty_entries where journal_no = new.no) <> 0 then
    raise exception 'loyalty: entries of % do not add up to zero', new.no using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger loyalty_journal_balances after insert on loyalty_journal
  deferrable initially deferred for each row execute function loyalty_journal_balances();

-- Amounts change by entries of the book alone.
create function loyalty_balances_follow_the_book() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 and
     (old.issued, old.pending, old.active, old.spent, old.expired, old.reversed)
     is distinct from (new.issued, new.pending, new.active, new.spent, new.expired, new.reversed) then
    raise exception 'loyalty: balances change by entries only' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger loyalty_balances_follow_the_book before update on loyalty_balances
  for each row execute function loyalty_balances_follow_the_book();

create trigger loyalty_journal_append_only before update or delete on loyalty_journal for each row execute function refuse_change();
create trigger loyalty_journal_stays_all before truncate on loyalty_journal for each statement execute function refuse_change();
create trigger loyalty_entries_append_only before update or delete on loyalty_entries for each row execute function refuse_change();
create trigger loyalty_entries_stay_all before truncate on loyalty_entries for each statement execute function refuse_change();
create trigger loyalty_balances_stay before delete on loyalty_balances for each row execute function refuse_change();

-- Points that were earned together, and what became of them.
create table loyalty_lots (
  no            bigint generated always as identity primary key,
  program       text not null,
  contact_id    bigint not null,
  journal_no    bigint not null unique references loyalty_journal (no),
  origin        text not null check (origin in ('event', 'award', 'adjust')),
  -- The order that they were earned with, by which refunds find them, and its amount.
  order_ref     text,
  amount_micros bigint,
  -- The run and step that awarded them.
  run_no        integer,
  step          text,
  earned_at     timestamptz not null,
  active_at     timestamptz not null,
  expires_at    timestamptz,
  warned_at     timestamptz,
  is_active     boolean not null,
  earned        bigint not null check (earned > 0),
  remaining     bigint not null check (remaining >= 0),
  spent         bigint not null default 0 check (spent >= 0),
  expired       bigint not null default 0 check (expired >= 0),
  reversed      bigint not null default 0 check (reversed >= 0),
  -- How many of them refunds and undo have asked back, wherever those were taken from.
  claimed       bigint not null default 0,
  state         text generated always as (case
                  when remaining > 0 and is_active then 'active'
                  when remaining > 0 then 'pending'
                  when spent >= greatest(expired, reversed) then 'spent'
                  when expired >= reversed then 'expired'
                  else 'reversed' end) stored,
  constraint loyalty_lot_adds_up check (earned = remaining + spent + expired + reversed),
  constraint loyalty_lot_asked_back_once check (claimed between 0 and earned),
  foreign key (program, contact_id) references loyalty_balances (program, contact_id)
) with (fillfactor = 80);
create index loyalty_lots_by_contact on loyalty_lots (program, contact_id, earned_at);
create index loyalty_lots_left on loyalty_lots (program, contact_id) include (is_active, remaining) where remaining > 0;
create index loyalty_lots_to_activate on loyalty_lots (program, active_at) where remaining > 0 and not is_active;
create index loyalty_lots_to_expire on loyalty_lots (program, expires_at) where remaining > 0 and expires_at is not null;
create index loyalty_lots_by_order on loyalty_lots (program, order_ref) where order_ref is not null;
create index loyalty_lots_by_step on loyalty_lots (run_no, step) where run_no is not null;
create trigger loyalty_lots_stay before delete on loyalty_lots for each row execute function refuse_change();

-- At the end of every transaction the lots say what the balance says.
create function loyalty_lots_agree() returns trigger language plpgsql set enable_seqscan = off as $$
declare
  balance loyalty_balances;
  waiting bigint;
  usable  bigint;
begin
  select * into balance from loyalty_balances where program = new.program and contact_id = new.contact_id;
  select coalesce(sum(remaining) filter (where not is_active), 0), coalesce(sum(remaining) filter (where is_active), 0)
    into waiting, usable from loyalty_lots
   where program = new.program and contact_id = new.contact_id and remaining > 0;
  if balance.pending <> waiting or balance.active <> usable - balance.debt then
    raise exception 'loyalty: lots of member % in % do not agree with the balance', new.contact_id, new.program
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger loyalty_lots_agree after update on loyalty_balances
  deferrable initially deferred for each row execute function loyalty_lots_agree();

-- Which rule gave how much, for the limits of rules.
create table loyalty_earnings (
  journal_no bigint not null references loyalty_journal (no),
  rule       text not null,
  program    text not null,
  contact_id bigint not null,
  at         timestamptz not null,
  points     bigint not null check (points > 0),
  primary key (journal_no, rule)
);
create index loyalty_earnings_by_rule on loyalty_earnings (program, contact_id, rule, at);

-- From which lots points were spent, so that they can go back there.
create table loyalty_uses (
  journal_no bigint not null references loyalty_journal (no),
  lot_no     bigint not null references loyalty_lots (no),
  points     bigint not null check (points > 0),
  returned   bigint not null default 0,
  primary key (journal_no, lot_no),
  constraint loyalty_use_returned_once check (returned between 0 and points)
);

-- Refunds that a shop told, once by their event. One that comes before its order waits for it.
create table loyalty_refunds (
  program       text not null references loyalty_programs (id),
  event_no      bigint not null,
  contact_id    bigint not null,
  order_ref     text not null,
  -- Null: the whole order.
  amount_micros bigint,
  occurred_at   timestamptz not null,
  settled_at    timestamptz,
  primary key (program, event_no)
);
create index loyalty_refunds_open on loyalty_refunds (program, order_ref) where settled_at is null;

-- Down Migration

drop table loyalty_refunds, loyalty_uses, loyalty_earnings, loyalty_lots, loyalty_entries, loyalty_journal, loyalty_balances,
  loyalty_programs;
drop function loyalty_post, loyalty_journal_balances, loyalty_balances_follow_the_book, loyalty_lots_agree;
