-- Up Migration

-- Repositories whose campaigns launch by commit: one row each, by their id in volante.yaml.
create table sync_repositories (
  repository     text primary key,
  -- The commit that was seen last, and the one whose campaigns were applied last.
  seen_commit    text,
  applied_commit text,
  -- sha256 of the workspace file that the campaigns were last checked with.
  workspace_hash text,
  state          text not null check (state in (
    'synced',        -- the newest commit is applied
    'syncing',       -- it is being applied
    'blocked',       -- it waits for a word: reason says why
    'unreachable')), -- the repository cannot be read
  reason         text,
  -- A person's word that a commit may be applied all the same.
  accepted_commit text,
  checked_at     timestamptz,
  synced_at      timestamptz
);

-- What each campaign file of a repository came to.
create table sync_campaigns (
  repository  text not null references sync_repositories (repository),
  -- The campaign's folder in the repository.
  folder      text not null,
  file        text not null,
  -- As the file says, also where the rest of it is wrong.
  campaign_id text,
  -- Stands for all files of the folder.
  tree_hash   text not null,
  -- Commit in which it was last read.
  commit      text not null,
  revision    text references revisions (revision),
  -- Who is taken to have applied it, and who committed it last.
  actor       text not null,
  committer   text,
  state       text not null check (state in (
    'pending',    -- to be applied
    'applied',    -- what runs is what the file says, or its time is over
    'invalid',    -- problems say why
    'refused',    -- a run under way cannot take the change
    'over',       -- its run is over: a change starts nothing by itself
    'suspended',  -- a person has put it above git for a while
    'orphaned')), -- the file is gone
  detail      text,
  problems    jsonb not null default '[]',
  run_id      text,
  updated_at  timestamptz not null,
  primary key (repository, folder)
);
create index sync_campaigns_by_campaign on sync_campaigns (campaign_id);

-- A campaign that a person has put above git, until a moment.
create table suspensions (
  no          bigint generated always as identity primary key,
  campaign_id text not null,
  by_person   text not null,
  reason      text not null,
  begins      timestamptz not null,
  until       timestamptz not null,
  ended_by    text
);
create index suspensions_by_campaign on suspensions (campaign_id, until);

-- Down Migration
drop table suspensions, sync_campaigns, sync_repositories;
