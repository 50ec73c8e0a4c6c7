-- Up Migration

-- What the forge shows beside a commit on our behalf, so that it is told only what is new; and why it could not be told.
alter table sync_repositories add column shown_status text, add column status_trouble text;

-- Down Migration

alter table sync_repositories drop column shown_status, drop column status_trouble;
