/**
 * Taking points back: from the lot that is meant, then from what the member has, the soonest to expire first. What is not
 * there any more becomes a debt where the program allows it, and is written down as uncovered where it does not.
 */
import type { Queryable } from '../database';
import type { Program } from './programs';

export interface Claim {
  contactId: string;
  /** The same claim made again takes nothing. */
  key: string;
  kind: 'refund' | 'undo' | 'adjust';
  /** The lot that earned them; absent: whatever the member has. */
  lotNo?: string;
  /** How many; absent: all that the lot ever gave. A lot never gives more than it earned, over all claims. */
  points?: bigint;
  detail?: Record<string, unknown>;
}

export interface TakenBack {
  key: string;
  /** How many were asked for, after what the lot had been asked before. */
  claimed: bigint;
  uncovered: bigint;
}

/** The members are locked. Claims on one member are met one after the other. */
export async function takeBack(
  client: Queryable,
  { program, claims, now }: { program: Program; claims: readonly Claim[]; now: Date },
): Promise<TakenBack[]> {
  const taken: TakenBack[] = [];
  for (const round of rounds(claims)) taken.push(...(await takeRound(client, { program, claims: round, now })));
  return taken;
}

/** The first claim on each member, then the second, and so on. */
function rounds(claims: readonly Claim[]): Claim[][] {
  const found: Claim[][] = [];
  const depths = new Map<string, number>();
  for (const claim of claims) {
    const depth = depths.get(claim.contactId) ?? 0;
    depths.set(claim.contactId, depth + 1);
    const round = found[depth] ?? [];
    found[depth] = round;
    round.push(claim);
  }
  return found;
}

async function takeRound(
  client: Queryable,
  { program, claims, now }: { program: Program; claims: readonly Claim[]; now: Date },
): Promise<TakenBack[]> {
  const { rows } = await client.query<{ key: string; claimed: string; uncovered: string }>(
    `with given as (
       select * from unnest($2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::jsonb[])
                as g(contact_id, key, kind, lot_no, points, detail)
     ),
     claim as (
       select g.contact_id, g.key, g.kind, g.detail, l.no as lot_no, coalesce(l.is_active, true) as is_active, d.due,
              least(d.due, coalesce(l.remaining, 0)) as own
         from given g
         left join loyalty_lots l on l.no = g.lot_no and l.program = $1 and l.contact_id = g.contact_id
        cross join lateral (select case when g.lot_no is null then g.points
                                        else least(coalesce(g.points, l.earned), l.earned - l.claimed) end as due) d
        where d.due > 0 and not exists (select from loyalty_journal j where j.program = $1 and j.key = g.key)
     ),
     shelf as (
       select l.no, l.contact_id, l.remaining,
              sum(l.remaining) over (partition by l.contact_id order by l.expires_at nulls last, l.no) - l.remaining as before
         from loyalty_lots l join claim c on c.contact_id = l.contact_id
        where l.program = $1 and l.is_active and l.remaining > 0 and l.no is distinct from c.lot_no
     ),
     others as (
       select s.no, s.contact_id, least(s.remaining, c.due - c.own - s.before)::bigint as points
         from shelf s join claim c using (contact_id) where s.before < c.due - c.own
     ),
     sums as (
       select c.*, coalesce(o.points, 0)::bigint as others, (c.due - c.own - coalesce(o.points, 0))::bigint as missing
         from claim c left join (select contact_id, sum(points) as points from others group by contact_id) o using (contact_id)
     ),
     settled as (
       select s.*, case when b.overdraft and s.kind <> 'adjust' then s.missing else 0 end as debt,
              case when b.overdraft and s.kind <> 'adjust' then 0 else s.missing end as uncovered
         from sums s join loyalty_balances b on b.program = $1 and b.contact_id = s.contact_id
     ),
     journal as (
       insert into loyalty_journal (program, contact_id, key, kind, at, uncovered, detail)
       select $1, contact_id, key, kind, $8, uncovered, coalesce(detail, '{}') from settled order by contact_id
       returning no, key
     ),
     lots as (
       update loyalty_lots l
          set remaining = l.remaining - t.points, reversed = l.reversed + t.points, claimed = l.claimed + t.claimed
         from (select lot_no as no, own as points, due as claimed from claim where lot_no is not null
               union all select no, points, 0 from others) t
        where l.no = t.no
     ),
     debts as (
       update loyalty_balances b set debt = b.debt + s.debt from settled s
        where b.program = $1 and b.contact_id = s.contact_id and s.debt > 0
     ),
     entries as (
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select j.no, $1, s.contact_id, e.account, e.points
         from settled s join journal j using (key)
        cross join lateral (values
          ('pending', case when s.is_active then 0 else -s.own end),
          ('active', -(case when s.is_active then s.own else 0 end + s.others + s.debt)),
          ('reversed', s.own + s.others + s.debt)) e(account, points)
        where e.points <> 0
     )
     select key, due::text as claimed, uncovered::text as uncovered from settled`,
    [
      program.id,
      claims.map(({ contactId }) => contactId),
      claims.map(({ key }) => key),
      claims.map(({ kind }) => kind),
      claims.map(({ lotNo }) => lotNo ?? null),
      claims.map(({ points }) => points ?? null),
      claims.map(({ detail }) => (detail ? JSON.stringify(detail) : null)),
      now,
    ],
  );
  return rows.map(({ key, claimed, uncovered }) => ({ key, claimed: BigInt(claimed), uncovered: BigInt(uncovered) }));
}
