-- Up Migration

-- The book of money ---------------------------------------------------------------------------------------------------

-- Where the money of a run stands, by line of its budget. Balances are kept by the entries alone.
create table money_accounts (
  no       bigint generated always as identity primary key,
  run_no   integer not null references runs (no),
  -- What no line of the budget has is the line `unassigned`.
  line     text not null,
  kind     text not null check (kind in (
    'funds',      -- where the budget comes from: minus what the line was given
    'available',  -- what may still be reserved
    'reserved',   -- worst case of what was promised and may still be used
    'committed',  -- used, or spent
    'beyond',     -- spent although no budget covers it, such as messages of a run without one
    'owed')),     -- its other side
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  micros   bigint not null default 0,
  unique (run_no, line, kind, currency),
  -- Reserved and committed never exceed what the line was given: what is available would be negative.
  constraint money_cap check (kind not in ('available', 'reserved', 'committed') or micros >= 0),
  constraint money_source check (kind not in ('funds', 'owed') or micros <= 0)
);

create table money_journal (
  no       bigint generated always as identity primary key,
  -- The same posting told twice by a retry is one.
  key      text not null unique,
  run_no   integer not null references runs (no),
  at       timestamptz not null,
  why      text not null,
  by_actor text not null default 'volante'
);
create index money_journal_by_run on money_journal (run_no, no);

create table money_entries (
  journal_no bigint not null references money_journal (no),
  account_no bigint not null references money_accounts (no),
  micros     bigint not null check (micros <> 0),
  primary key (journal_no, account_no)
);
create index money_entries_by_account on money_entries (account_no);

create trigger money_journal_append_only before update or delete on money_journal for each row execute function refuse_change();
create trigger money_journal_stays before truncate on money_journal for each statement execute function refuse_change();
create trigger money_entries_append_only before update or delete on money_entries for each row execute function refuse_change();
create trigger money_entries_stay before truncate on money_entries for each statement execute function refuse_change();
create trigger money_accounts_stay before delete on money_accounts for each row execute function refuse_change();
create trigger money_accounts_stay_all before truncate on money_accounts for each statement execute function refuse_change();

-- Accounts are locked in the order of their numbers by whoever posts, so that no two wait for each other.
create function money_post() returns trigger language plpgsql as $$
begin
  perform from money_accounts where no in (select account_no from added) order by no for no key update;
  update money_accounts a set micros = a.micros + sums.micros
    from (select account_no, sum(micros) as micros from added group by account_no) sums
   where a.no = sums.account_no;
  return null;
end $$;
create trigger money_post after insert on money_entries referencing new table as added
  for each statement execute function money_post();

create function money_accounts_by_entries_only() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'balances change by entries of the journal only' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger money_accounts_by_entries_only before update on money_accounts
  for each row execute function money_accounts_by_entries_only();
create function money_accounts_begin_empty() returns trigger language plpgsql as $$
begin
  if new.micros <> 0 then
    raise exception 'accounts begin empty' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger money_accounts_begin_empty before insert on money_accounts
  for each row execute function money_accounts_begin_empty();

-- Double entry: what one account loses another gains, in the same currency and the same run.
create function money_balances() returns trigger language plpgsql as $$
begin
  if exists (select from money_entries e join money_accounts a on a.no = e.account_no
              where e.journal_no = new.journal_no group by a.currency having sum(e.micros) <> 0)
     or exists (select from money_entries e join money_accounts a on a.no = e.account_no join money_journal j on j.no = e.journal_no
                 where e.journal_no = new.journal_no and a.run_no <> j.run_no) then
    raise exception 'posting % does not balance', new.journal_no using errcode = 'check_violation';
  end if;
  return null;
end $$;
create constraint trigger money_balances after insert on money_entries deferrable initially deferred
  for each row execute function money_balances();

-- What the file gives each line; what it gives none is `unassigned`.
create function budget_of(run integer) returns table (line text, currency text, micros bigint) language sql stable as $$
  with budget as (
    select v.definition -> 'budget' as said from runs r join revisions v using (revision)
     where r.no = run and v.definition -> 'budget' is not null),
  lines as (
    select key as line, (value ->> 'micros')::bigint as micros from budget, jsonb_each(coalesce(said -> 'lines', '{}')))
  select line, said -> 'total' ->> 'currency', micros from lines, budget
  union all
  select 'unassigned', said -> 'total' ->> 'currency',
         (said -> 'total' ->> 'micros')::bigint - (select coalesce(sum(micros), 0) from lines)::bigint
    from budget
$$;

-- Gives each line of a run's budget what the file says, once.
create function open_money_book(run integer) returns void language plpgsql as $$
declare
  journal bigint;
begin
  if not exists (select from budget_of(run)) then return; end if;
  insert into money_journal (key, run_no, at, why)
  select 'open:' || run, run, applied_at, 'budget' from runs where no = run
    on conflict (key) do nothing returning no into journal;
  if journal is null then return; end if;
  insert into money_accounts (run_no, line, kind, currency)
  select run, line, kind, currency
    from budget_of(run), unnest(array['funds', 'available', 'reserved', 'committed']) with ordinality kinds(kind, place)
   order by line, place
      on conflict do nothing;
  insert into money_entries (journal_no, account_no, micros)
  select journal, a.no, case a.kind when 'funds' then -l.micros else l.micros end
    from budget_of(run) l
    join money_accounts a on a.run_no = run and a.line = l.line and a.currency = l.currency and a.kind in ('funds', 'available')
   where l.micros <> 0;
end $$;

-- Moves between lines are postings of the one book from now on.
select open_money_book(no) from runs;
with moved as (
  insert into money_journal (key, run_no, at, why, by_actor)
  select 'move:' || m.run_no || ':' || m.key, m.run_no, m.at, 'move', m.by_actor
    from budget_moves m where exists (select from money_journal j where j.key = 'open:' || m.run_no)
  returning no, key
)
insert into money_entries (journal_no, account_no, micros)
select moved.no, a.no, case a.line when m.to_line then m.micros else -m.micros end
  from moved join budget_moves m on 'move:' || m.run_no || ':' || m.key = moved.key
  join money_accounts a on a.run_no = m.run_no and a.kind = 'available' and a.line in (m.to_line, coalesce(m.from_line, 'unassigned'))
 where m.micros <> 0 and m.to_line <> coalesce(m.from_line, 'unassigned');
drop table budget_moves;

-- Limits over time: of all campaigns together (`global`), or of a line of one run (`<run>:<line>`). What is reserved counts
-- in the hour in which it was; no window of `per` holds more than the limit.
create table spend_limits (
  scope    text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  per      interval not null check (per > interval '0'),
  micros   bigint not null check (micros >= 0),
  primary key (scope, currency, per)
);
create table spend_hours (
  scope    text not null,
  currency text not null,
  hour     timestamptz not null,
  micros   bigint not null check (micros >= 0),
  primary key (scope, currency, hour)
);

-- The lock comes first: whoever waits for it then sees what the other has written.
create function spend_lock(of_scope text, of_currency text) returns void language sql as $$
  select pg_advisory_xact_lock(hashtext('volante spend ' || of_scope), hashtext(of_currency))
$$;
-- Within a limit, how much more may be reserved in this hour; null without a limit.
create function spend_room(of_scope text, of_currency text, this_hour timestamptz) returns bigint language sql stable as $$
  select min(l.micros - (
           select coalesce(max(held), 0) from (
             select (select coalesce(sum(h.micros), 0) from spend_hours h
                      where h.scope = of_scope and h.currency = of_currency and h.hour > ends - l.per and h.hour <= ends) as held
               from (select this_hour as ends union
                     select hour from spend_hours
                      where scope = of_scope and currency = of_currency and hour > this_hour and hour < this_hour + l.per) windows) filled))
    from spend_limits l where l.scope = of_scope and l.currency = of_currency
$$;
create function spend_within_limits() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.micros <= old.micros then return null; end if;
  perform spend_lock(new.scope, new.currency);
  if spend_room(new.scope, new.currency, new.hour) < 0 then
    raise exception 'limit of % in % is reached', new.scope, new.currency using errcode = 'check_violation', constraint = 'spend_within_limits';
  end if;
  return null;
end $$;
create trigger spend_within_limits after insert or update on spend_hours for each row execute function spend_within_limits();

-- Promotions ----------------------------------------------------------------------------------------------------------

create table promotions (
  no           bigint generated always as identity primary key,
  run_no       integer not null references runs (no),
  step         text not null,
  -- Line of the budget that pays.
  line         text not null,
  currency     text not null,
  terms        jsonb not null,
  -- What one redemption may cost at most.
  worth_micros bigint not null check (worth_micros >= 0),
  -- Redemptions in all; null: as many as the codes allow.
  most         integer check (most > 0),
  -- Of one customer; null: no limit.
  per_contact  integer check (per_contact > 0),
  valid_from   timestamptz,
  valid_until  timestamptz,
  platform     text not null default 'built-in',
  -- What the platform calls it.
  platform_ref text,
  state        text not null default 'active' check (state in ('active', 'disabled', 'expired')),
  closed_at    timestamptz,
  codes        integer not null default 0,
  -- Redemptions for which money was reserved. (slots - redeemed) * worth_micros of the line's reserved money is theirs.
  slots        integer not null default 0 check (slots >= 0),
  held         integer not null default 0 check (held >= 0),
  redeemed     integer not null default 0 check (redeemed >= 0),
  unique (run_no, step),
  constraint promotion_slots check (held + redeemed <= slots),
  constraint promotion_limit check (most is null or slots <= most)
) with (fillfactor = 50);

create table promotion_codes (
  no           bigint generated always as identity primary key,
  promotion_no bigint not null references promotions (no),
  -- Of the member it was issued to; null for the one code that everybody may use.
  seq          integer,
  contact_id   bigint,
  -- In capitals, without spaces and hyphens.
  code         text not null check (code ~ '^[A-Z0-9]{3,64}$'),
  state        text not null default 'active' check (state in ('active', 'disabled', 'expired')),
  most         integer not null check (most > 0),
  -- From then on it is worth nothing; null: as long as the promotion.
  valid_until  timestamptz,
  held         integer not null default 0 check (held >= 0),
  redeemed     integer not null default 0 check (redeemed >= 0),
  -- When the platform outside had it; at once where there is none.
  pushed_at    timestamptz,
  issued_at    timestamptz not null,
  constraint promotion_code_limit check (held + redeemed <= most)
) with (fillfactor = 80);
create unique index promotion_codes_by_member on promotion_codes (promotion_no, coalesce(seq, 0));
create unique index promotion_codes_in_use on promotion_codes (code) where state = 'active';
create index promotion_codes_to_expire on promotion_codes (valid_until) where state = 'active' and valid_until is not null;
create index promotion_codes_by_code on promotion_codes (code);
create index promotion_codes_to_push on promotion_codes (promotion_no, no) where pushed_at is null;

-- Members who got no code, and why. Final.
create table promotion_skips (
  promotion_no bigint not null references promotions (no),
  seq          integer not null,
  reason       text not null check (reason in ('budget', 'global-cap', 'suppressed', 'unconsented', 'erased', 'disabled')),
  at           timestamptz not null,
  primary key (promotion_no, seq)
);

create table redemptions (
  id           uuid primary key,
  promotion_no bigint not null references promotions (no),
  code_no      bigint not null references promotion_codes (no),
  -- Who asked: a source of volante.yaml, or the platform.
  source       text not null,
  order_ref    text check (length(order_ref) between 1 and 200),
  -- `contact:<id>`, or a hash of what the shop calls a customer.
  customer     text check (length(customer) between 1 and 80),
  state        text not null check (state in ('held', 'redeemed', 'released', 'expired', 'refunded')),
  -- What the discount costs; of a hold, the most it may.
  value_micros bigint not null check (value_micros >= 0),
  created_at   timestamptz not null,
  expires_at   timestamptz,
  settled_at   timestamptz,
  check (state <> 'held' or expires_at is not null)
) with (fillfactor = 80);
create index redemptions_held on redemptions (promotion_no, expires_at) where state = 'held';
create index redemptions_by_promotion on redemptions (promotion_no, state);
create index redemptions_by_code on redemptions (code_no);
create function redemptions_go_forward() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state
     and not (old.state = 'held' and new.state in ('redeemed', 'released', 'expired'))
     and not (old.state = 'redeemed' and new.state = 'refunded') then
    raise exception 'redemption % is % and cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger redemptions_go_forward before update of state on redemptions for each row execute function redemptions_go_forward();
create trigger redemptions_stay before delete on redemptions for each row execute function refuse_change();

-- Uses of a promotion by one customer, over all its codes.
create table customer_uses (
  promotion_no bigint not null references promotions (no),
  customer     text not null,
  uses         integer not null check (uses >= 0),
  most         integer not null,
  primary key (promotion_no, customer),
  constraint customer_limit check (uses <= most)
);

-- What was reserved when, of the limits over time; goes down when the promotion closes.
create table promotion_hours (
  promotion_no bigint not null references promotions (no),
  hour         timestamptz not null,
  micros       bigint not null check (micros >= 0),
  primary key (promotion_no, hour)
);

-- Requests of shops, by the key they gave them: asked again, the same answer.
create table redemption_requests (
  source      text not null,
  key         text not null check (length(key) between 1 and 200),
  body_hash   bytea not null,
  status      smallint,
  -- As it was said, letter by letter.
  answer      json,
  received_at timestamptz not null default now(),
  primary key (source, key)
);

-- Down Migration

drop table redemption_requests, promotion_hours, customer_uses, redemptions, promotion_skips, promotion_codes, promotions,
  spend_hours, spend_limits, money_entries, money_journal, money_accounts cascade;
drop function redemptions_go_forward, spend_within_limits, spend_room, spend_lock, open_money_book, budget_of, money_balances,
  money_accounts_begin_empty, money_accounts_by_entries_only, money_post;
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
