/** Mails to the team, one row each: what was accepted is not sent again by a retry. */
import type { PersonId } from '../definition/resolved';
import { maybeOne, type Queryable } from './database';

/**
 * Claims a mail to the team. A retry may send again what was claimed and never settled: the team rather reads a request
 * twice than not at all.
 * @returns false when it was sent or given up before
 */
export async function claimNotification(
  queryable: Queryable,
  notification: { key: string; runId: string; person: PersonId },
): Promise<boolean> {
  const row = await maybeOne(
    queryable,
    `insert into notifications (key, run_id, person, status) values ($1, $2, $3, 'claimed')
         on conflict (key) do update set status = 'claimed' where notifications.status in ('claimed', 'in_doubt')
     returning key`,
    [notification.key, notification.runId, notification.person],
  );
  return row !== undefined;
}

export async function settleNotification(
  queryable: Queryable,
  settlement: { key: string; status: 'sent' | 'failed' | 'in_doubt'; detail?: string },
): Promise<void> {
  await queryable.query('update notifications set status = $2, detail = $3, settled_at = now() where key = $1', [
    settlement.key,
    settlement.status,
    settlement.detail ?? null,
  ]);
}
