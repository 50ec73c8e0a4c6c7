-- Up Migration

-- The standing run whose revision a journey goes by, where that is not its own: it follows a newer file.
alter table journeys add column goes_by integer references runs (no);

-- Steps that journeys began by the revision of another run than their own. Append-only.
create table journey_steps_followed (
  run_no integer not null,
  seq    integer not null,
  step   text not null,
  -- The run whose revision, and approval, it is of.
  by_run integer not null references runs (no),
  primary key (run_no, seq, step),
  foreign key (run_no, seq) references journeys (run_no, seq)
);
create index journey_steps_followed_by_run on journey_steps_followed (run_no, by_run, step);
create trigger journey_steps_followed_append_only before update or delete on journey_steps_followed
  for each row execute function refuse_change();
create trigger journey_steps_followed_stay_all before truncate on journey_steps_followed
  for each statement execute function refuse_change();

-- Down Migration

drop table journey_steps_followed;
alter table journeys drop column goes_by;
