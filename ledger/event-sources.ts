/** How far each source of events has told everything: its watermark. A source that lags makes a measurement stale. */
import { maybeOne, type Queryable } from './database';

/** Moves a source's watermark forward, never back, and never past `now`: nobody can tell what is still to come. */
export async function moveWatermark(
  queryable: Queryable,
  { source, until, now }: { source: string; until: Date; now: Date },
): Promise<void> {
  await queryable.query(
    `insert into event_sources as s (source, watermark) values ($1, least($2::timestamptz, $3::timestamptz))
         on conflict (source) do update set watermark = excluded.watermark, updated_at = now()
      where s.watermark < excluded.watermark`,
    [source, until, now],
  );
}

/** @returns the moment up to which the source has told everything; undefined when it never told anything */
export async function freshnessOf(queryable: Queryable, source: string): Promise<Date | undefined> {
  const row = await maybeOne<{ watermark: Date }>(queryable, 'select watermark from event_sources where source = $1', [
    source,
  ]);
  return row?.watermark;
}
