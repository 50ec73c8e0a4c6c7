-- Up Migration

-- An order may be given back in parts: a use is refunded when all of what it cost is.
alter table redemptions add column refunded_micros bigint not null default 0;
update redemptions set refunded_micros = value_micros where state = 'refunded';
alter table redemptions
  add constraint redemption_refund check (
    refunded_micros between 0 and value_micros
    and (refunded_micros = 0 or state in ('redeemed', 'refunded'))
    and (state <> 'refunded' or refunded_micros = value_micros));

create or replace function redemptions_go_forward() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state
     and not (old.state = 'held' and new.state in ('redeemed', 'released', 'expired'))
     and not (old.state = 'redeemed' and new.state = 'refunded') then
    raise exception 'redemption % is % and cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  if new.refunded_micros < old.refunded_micros or (old.state <> 'held' and new.value_micros <> old.value_micros) then
    raise exception 'what redemption % cost and gave back stays', old.id using errcode = 'check_violation';
  end if;
  return new;
end $$;
drop trigger redemptions_go_forward on redemptions;
create trigger redemptions_go_forward before update on redemptions for each row execute function redemptions_go_forward();

-- Down Migration

drop trigger redemptions_go_forward on redemptions;
create or replace function redemptions_go_forward() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state
     and not (old.state = 'held' and new.state in ('redeemed', 'released', 'expired'))
     and not (old.state = 'redeemed' and new.state = 'refunded') then
    raise exception 'redemption % is % and cannot become %', old.id, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger redemptions_go_forward before update of state on redemptions for each row execute function redemptions_go_forward();
alter table redemptions drop column refunded_micros;
