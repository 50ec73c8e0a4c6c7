-- Up Migration

-- What a run went by before and after each change of its file. Append-only.
create table amendments (
  run_no         integer not null references runs (no),
  -- From 1, in the order in which the run took them.
  no             integer not null check (no > 0),
  at             timestamptz not null,
  by_person      text not null,
  git_commit     text,
  from_revision  text not null references revisions (revision),
  -- What the file says.
  asked_revision text not null references revisions (revision),
  -- What the run goes by: the file, but what had begun stayed as its fields' rules say.
  revision       text not null references revisions (revision),
  from_plan_hash text not null,
  plan_hash      text not null,
  -- [{path, kind, rule, effect}], in the order of the paths.
  changes        jsonb not null,
  -- Gates whose approval did not cover it any more.
  voids          text[] not null,
  withdrawn      text[] not null,
  primary key (run_no, no)
);
create index amendments_by_asked on amendments (asked_revision);
create trigger amendments_append_only before update or delete on amendments for each row execute function refuse_change();
create trigger amendments_stay_all before truncate on amendments for each statement execute function refuse_change();

-- Down Migration
drop table amendments;
