/** Spending points, the soonest to expire first, and giving back what was spent. */
import { createHash } from 'node:crypto';
import type { StoreCreditReward } from '../../definition/resolved-loyalty';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { type Database, maybeOne, transaction } from '../database';
import { mature, payDebts } from './mature';
import { lockMembers } from './members';
import type { Program } from './programs';
import {
  type CodeRefusal,
  type GivenCode,
  giveCode,
  givenCode,
  type TakeBackRefusal,
  takeBackCode,
} from './reward-codes';
import { oweCredit } from './store-credit';

export interface SpendRequest {
  program: Program;
  contactId: string;
  /** The same key again answers what it answered; with another request it is refused. */
  key: string;
  points: bigint;
  detail?: Record<string, unknown>;
  /** Owed to the member from the same moment on. */
  credit?: StoreCreditReward;
  /** Drawn for the member with the spending. */
  code?: { reward: string; terms: PromotionTerms };
  now: Date;
}

export type SpendRefusal =
  | 'not-enough-points'
  | 'key-used-for-another-request'
  | 'no-such-spending'
  | 'already-returned'
  /** The member has store credit for it. */
  | 'paid-as-credit'
  /** A code goes back whole or not at all. */
  | 'code-is-whole'
  | CodeRefusal
  | TakeBackRefusal;

export type SpendAnswer =
  | { done: true; repeated: boolean; points: bigint; balance: bigint; code?: GivenCode }
  | { done: false; reason: SpendRefusal; balance: bigint };

interface Earlier {
  no: string;
  kind: string;
  fingerprint: string | null;
  /** Number of the code that it was spent for. */
  code: string | null;
}

/** Takes points of a member, all of them or none. */
export async function spendPoints(database: Database, request: SpendRequest): Promise<SpendAnswer> {
  const { program, contactId, key, points, detail, credit, code, now } = request;
  const fingerprint = printOf(['spend', contactId, String(points), detail ?? {}]);
  return transaction(database, async (client) => {
    await lockMembers(client, program, [contactId]);
    await mature(client, { program, contactIds: [contactId], now });
    const balance = await activePoints(client, program, contactId);
    const earlier = await findEntry(client, program, `spend:${key}`);
    if (earlier && earlier.fingerprint !== fingerprint)
      return { done: false, reason: 'key-used-for-another-request', balance };
    if (earlier)
      return {
        ...{ done: true, repeated: true, points, balance },
        ...(earlier.code !== null && { code: await givenCode(client, earlier.code) }),
      };
    if (points <= 0n || balance < points) return { done: false, reason: 'not-enough-points', balance };
    const given = code && (await giveCode(client, { ...code, program, contactId, now }));
    if (given && 'refused' in given) return { done: false, reason: given.refused, balance };
    await client.query(
      `with shelf as (
         select no, remaining, sum(remaining) over (order by expires_at nulls last, no) - remaining as before
           from loyalty_lots where program = $1 and contact_id = $2 and is_active and remaining > 0
       ),
       taken as (select no, least(remaining, $3::bigint - before)::bigint as points from shelf where before < $3::bigint),
       journal as (
         insert into loyalty_journal (program, contact_id, key, kind, at, detail)
         values ($1, $2, $4, 'spend', $5, $6) returning no
       ),
       lots as (
         update loyalty_lots l set remaining = l.remaining - t.points, spent = l.spent + t.points from taken t where l.no = t.no
       ),
       uses as (
         insert into loyalty_uses (journal_no, lot_no, points) select j.no, t.no, t.points from taken t cross join journal j
       )
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select j.no, $1, $2, e.account, e.points
         from journal j cross join (values ('active', -$3::bigint), ('spent', $3::bigint)) e(account, points)`,
      [
        program.id,
        contactId,
        points,
        `spend:${key}`,
        now,
        JSON.stringify({ ...detail, ...(given && { code: given.no }), fingerprint }),
      ],
    );
    if (credit) await oweCredit(client, { ...credit, program: program.id, contactId, spendKey: key, now });
    return { done: true, repeated: false, points, balance: balance - points, ...(given && { code: given }) };
  });
}

/**
 * Gives spent points back to the lots they came from, those that live longest first; `points` absent: all that were not
 * given back yet. They expire when they would have.
 */
export async function returnSpent(
  database: Database,
  request: Omit<SpendRequest, 'points' | 'credit' | 'code'> & { spendKey: string; points?: bigint },
): Promise<SpendAnswer> {
  const { program, contactId, key, spendKey, now } = request;
  const fingerprint = printOf(['return', contactId, spendKey, String(request.points ?? 'all')]);
  return transaction(database, async (client) => {
    await lockMembers(client, program, [contactId]);
    await mature(client, { program, contactIds: [contactId], now });
    const balance = await activePoints(client, program, contactId);
    const earlier = await findEntry(client, program, `return:${key}`);
    if (earlier && earlier.fingerprint !== fingerprint)
      return { done: false, reason: 'key-used-for-another-request', balance };
    if (earlier) {
      const given = await maybeOne<{ points: string }>(
        client,
        `select points::text from loyalty_entries where journal_no = $1 and account = 'active'`,
        [earlier.no],
      );
      return { done: true, repeated: true, points: BigInt(given?.points ?? 0), balance };
    }
    const spending = await maybeOne<{ no: string; left: string; isCredit: boolean; code: string | null }>(
      client,
      `select j.no, j.detail ->> 'code' as code, coalesce(sum(u.points - u.returned), 0)::text as left,
              exists (select from loyalty_credits c where c.journal_no = j.no and c.state <> 'refused') as "isCredit"
         from loyalty_journal j left join loyalty_uses u on u.journal_no = j.no
        where j.program = $1 and j.key = $2 and j.contact_id = $3 group by j.no`,
      [program.id, `spend:${spendKey}`, contactId],
    );
    if (!spending) return { done: false, reason: 'no-such-spending', balance };
    if (spending.isCredit) return { done: false, reason: 'paid-as-credit', balance };
    const left = BigInt(spending.left);
    const points = request.points ?? left;
    if (points <= 0n || points > left) return { done: false, reason: 'already-returned', balance };
    if (spending.code !== null) {
      const refused = points < left ? 'code-is-whole' : await takeBackCode(client, { codeNo: spending.code, now });
      if (refused) return { done: false, reason: refused, balance };
    }
    await client.query(
      `with shelf as (
         select u.lot_no, u.points - u.returned as open,
                sum(u.points - u.returned) over (order by l.expires_at desc nulls first, l.no desc) - (u.points - u.returned) as before
           from loyalty_uses u join loyalty_lots l on l.no = u.lot_no where u.journal_no = $3 and u.points > u.returned
       ),
       given as (select lot_no, least(open, $4::bigint - before)::bigint as points from shelf where before < $4::bigint),
       journal as (
         insert into loyalty_journal (program, contact_id, key, kind, at, detail)
         values ($1, $2, $5, 'return', $6, $7) returning no
       ),
       lots as (
         update loyalty_lots l set remaining = l.remaining + g.points, spent = l.spent - g.points from given g where l.no = g.lot_no
       ),
       uses as (
         update loyalty_uses u set returned = u.returned + g.points from given g
          where u.journal_no = $3 and u.lot_no = g.lot_no
       )
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select j.no, $1, $2, e.account, e.points
         from journal j cross join (values ('active', $4::bigint), ('spent', -$4::bigint)) e(account, points)`,
      [
        program.id,
        contactId,
        spending.no,
        points,
        `return:${key}`,
        now,
        JSON.stringify({ ...request.detail, of: spendKey, fingerprint }),
      ],
    );
    await payDebts(client, { program, contactIds: [contactId] });
    return { done: true, repeated: false, points, balance: await activePoints(client, program, contactId) };
  });
}

type Client = Parameters<typeof lockMembers>[0];

async function activePoints(client: Client, { id }: Pick<Program, 'id'>, contactId: string): Promise<bigint> {
  const row = await maybeOne<{ active: string }>(
    client,
    'select active from loyalty_balances where program = $1 and contact_id = $2',
    [id, contactId],
  );
  return BigInt(row?.active ?? 0);
}

function findEntry(client: Client, { id }: Pick<Program, 'id'>, key: string): Promise<Earlier | undefined> {
  return maybeOne<Earlier>(
    client,
    `select no, kind, detail ->> 'fingerprint' as fingerprint, detail ->> 'code' as code from loyalty_journal where program = $1 and key = $2`,
    [id, key],
  );
}

function printOf(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
