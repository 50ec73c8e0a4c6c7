/** Says in time that points will expire: an event a member, of which a campaign may make a mail. */
import { type Database, transaction } from '../database';
import { storeInbox } from '../inbox';
import { ownSource } from './apply-events';
import type { Program } from './programs';

const lotsAtOnce = 1_000;

/**
 * Stores `points.expiring` events for points that expire within the program's warning; for each lot once.
 * @returns how many members were told
 */
export async function warnOfExpiry(
  database: Database,
  { program, now, onPage }: { program: Program; now: Date; onPage?: (members: number) => void },
): Promise<number> {
  const { expiryWarning } = program.terms;
  if (expiryWarning === undefined) return 0;
  let warned = 0;
  for (;;) {
    const members = await transaction(database, async (client) => {
      const { rows } = await client.query<{ contact: string; points: string; first: Date; lot: string }>(
        `with due as (
           select no from loyalty_lots
            where program = $1 and is_active and remaining > 0 and warned_at is null
              and expires_at > $2 and expires_at <= $2::timestamptz + $3::interval
            order by no limit $4 for update skip locked
         ),
         warned as (
           update loyalty_lots l set warned_at = $2 from due d where l.no = d.no
           returning l.no, l.contact_id, l.remaining, l.expires_at
         )
         select contact_id as contact, sum(remaining)::text as points, min(expires_at) as first, max(no)::text as lot
           from warned group by contact_id order by contact_id`,
        [program.id, now, `${expiryWarning} milliseconds`, lotsAtOnce],
      );
      await storeInbox(
        client,
        rows.map(({ contact, points, first, lot }) => ({
          source: ownSource,
          id: `points-expiring:${program.id}:${contact}:${lot}`,
          type: 'points.expiring',
          about: { contactId: contact },
          occurredAt: now,
          data: { program: program.id, points: Number(points), expiresAt: first.toISOString() },
        })),
      );
      return rows.length;
    });
    if (members === 0) return warned;
    warned += members;
    onPage?.(warned);
  }
}
