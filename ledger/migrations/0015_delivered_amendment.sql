-- Up Migration

-- Number of the amendment by which a message was claimed, 0 before the first: its links lead where that file says.
alter table deliveries add column amendment smallint not null default 0;

-- Down Migration

alter table deliveries drop column amendment;
