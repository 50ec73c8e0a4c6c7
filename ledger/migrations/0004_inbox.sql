-- Up Migration

-- The inbox -----------------------------------------------------------------------------------------------------------

-- What other systems tell, once by the id that its source gave it, before they are answered. A dispatcher hands each event
-- to whoever acts on events; what fails again and again is parked, never lost.
create table inbox (
  no           bigint generated always as identity primary key,
  source       text not null check (source ~ '^[a-z][a-z0-9-]{0,62}$'),
  id           text not null check (length(id) between 1 and 200),
  type         text not null check (length(type) between 1 and 200),
  -- Whom it is about, as far as the source said so. The address itself is not kept.
  contact_id   bigint,
  address_hash bytea,
  external_id  text,
  occurred_at  timestamptz not null,
  received_at  timestamptz not null default now(),
  data         jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  state        text not null default 'new' check (state in ('new', 'done', 'parked', 'discarded')),
  attempts     smallint not null default 0,
  -- While a dispatcher works on it, until when it is left alone.
  next_try_at  timestamptz not null default now(),
  reason       text,
  settled_at   timestamptz,
  unique (source, id)
);
create index inbox_new on inbox (next_try_at, no) where state = 'new';
create index inbox_parked on inbox (no) where state = 'parked';
create index inbox_by_type on inbox (type, received_at);

-- An event stays as it was told; only what became of it changes, and what is done stays done.
create function inbox_keeps_events() returns trigger language plpgsql as $$
begin
  if (old.source, old.id, old.type, old.occurred_at, old.received_at, old.data)
     is distinct from (new.source, new.id, new.type, new.occurred_at, new.received_at, new.data)
     or old.state in ('done', 'discarded') and new.state <> old.state then
    raise exception 'inbox: event % stays as it is', old.no using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger inbox_keeps_events before update on inbox for each row execute function inbox_keeps_events();
create trigger inbox_stays before delete on inbox for each row execute function refuse_change();
create trigger inbox_stays_all before truncate on inbox for each statement execute function refuse_change();

-- Down Migration

drop table inbox;
drop function inbox_keeps_events;
