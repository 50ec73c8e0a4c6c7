/** Points that nobody earned by an event: awarded by a step of a run, or booked by a person. */
import { type Database, transaction } from '../database';
import { mature, payDebts } from './mature';
import { lockMembers } from './members';
import type { Program } from './programs';
import { type Claim, takeBack } from './take-back';

export interface Award {
  contactId: string;
  /** The same award again gives nothing. */
  key: string;
  points: bigint;
}

export interface AwardBatch {
  program: Program;
  awards: readonly Award[];
  origin: { kind: 'award'; runNo: number; step: string } | { kind: 'adjust'; detail: Record<string, unknown> };
  activeAt: Date;
  now: Date;
}

/** @returns how many were booked now */
export async function bookAwards(database: Database, batch: AwardBatch): Promise<number> {
  const { program, awards, origin, activeAt, now } = batch;
  if (awards.length === 0) return 0;
  const contactIds = awards.map(({ contactId }) => contactId);
  return transaction(database, async (client) => {
    await lockMembers(client, program, contactIds);
    await mature(client, { program, contactIds, now });
    const { rows } = await client.query<{ booked: number }>(
      `with given as (select * from unnest($2::bigint[], $3::text[], $4::bigint[]) as g(contact_id, key, points)),
       journal as (
         insert into loyalty_journal (program, contact_id, key, kind, at, detail)
         select $1, contact_id, key, $5, $6, $7 from given where points > 0 order by contact_id
             on conflict (program, key) do nothing
         returning no, key
       ),
       booked as (select j.no, g.* from journal j join given g using (key)),
       lots as (
         insert into loyalty_lots (program, contact_id, journal_no, origin, run_no, step, earned_at, active_at, expires_at,
                                   is_active, earned, remaining)
         select $1, contact_id, no, $5, $8, $9, $6, $10, $10::timestamptz + $11::interval, $10 <= $6, points, points
           from booked order by no
       ),
       entries as (
         insert into loyalty_entries (journal_no, program, contact_id, account, points)
         select no, $1, contact_id, 'issued', -points from booked
         union all
         select no, $1, contact_id, case when $10::timestamptz <= $6 then 'active' else 'pending' end, points from booked
       )
       select count(*)::int as booked from booked`,
      [
        program.id,
        contactIds,
        awards.map(({ key }) => key),
        awards.map(({ points }) => points),
        origin.kind,
        now,
        JSON.stringify(origin.kind === 'adjust' ? origin.detail : { runNo: origin.runNo, step: origin.step }),
        origin.kind === 'award' ? origin.runNo : null,
        origin.kind === 'award' ? origin.step : null,
        activeAt,
        program.terms.expiresAfter === undefined ? null : `${program.terms.expiresAfter} milliseconds`,
      ],
    );
    await payDebts(client, { program, contactIds });
    return rows[0]?.booked ?? 0;
  });
}

/** A person takes points of a member; all of them or none. @returns false where the member has less */
export async function withdrawPoints(
  database: Database,
  request: { program: Program; contactId: string; key: string; points: bigint; detail: object; now: Date },
): Promise<boolean> {
  const { program, contactId, key, points, detail, now } = request;
  class NotEnough extends Error {}
  try {
    await transaction(database, async (client) => {
      await lockMembers(client, program, [contactId]);
      await mature(client, { program, contactIds: [contactId], now });
      const claim: Claim = { contactId, key, kind: 'adjust', points, detail: { ...detail } };
      const [taken] = await takeBack(client, { program, claims: [claim], now });
      if (taken && taken.uncovered > 0n) throw new NotEnough();
    });
    return true;
  } catch (error) {
    if (error instanceof NotEnough) return false;
    throw error;
  }
}

const lotsAtOnce = 500;

/** Undo of a step: what it awarded goes back, as far as it is there. Doing it again takes nothing more. */
export async function reverseAwards(
  database: Database,
  { program, runNo, step, now }: { program: Program; runNo: number; step: string; now: Date },
): Promise<{ lots: number; points: bigint; uncovered: bigint }> {
  const total = { lots: 0, points: 0n, uncovered: 0n };
  for (;;) {
    const { rows } = await database.query<{ no: string; contact: string }>(
      `select no, contact_id as contact from loyalty_lots
        where program = $1 and run_no = $2 and step = $3 and claimed < earned order by contact_id, no limit $4`,
      [program.id, runNo, step, lotsAtOnce],
    );
    if (rows.length === 0) return total;
    const contactIds = rows.map(({ contact }) => contact);
    const taken = await transaction(database, async (client) => {
      await lockMembers(client, program, contactIds);
      await mature(client, { program, contactIds, now });
      const claims = rows.map(
        ({ no, contact }): Claim => ({ contactId: contact, key: `undo:${no}`, kind: 'undo', lotNo: no }),
      );
      return takeBack(client, { program, claims, now });
    });
    total.lots += taken.length;
    for (const { claimed, uncovered } of taken) {
      total.points += claimed - uncovered;
      total.uncovered += uncovered;
    }
  }
}
