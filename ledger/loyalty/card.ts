/** What members have, as they, shops and people of the team see it. Reads only: what is due today counts as it stands. */
import { maybeOne, type Queryable } from '../database';
import type { Program } from './programs';

export interface Card {
  contactId: string;
  /** Below zero only in programs with `overdraft`. */
  points: number;
  pending: number;
  tier: string | null;
  /** The next points to expire; absent where none do. */
  expiring?: { points: number; at: Date };
}

/** Cards of contacts by their numbers; nobody who never earned has one. */
export async function cardsOf(
  queryable: Queryable,
  { program, contactIds, now }: { program: string; contactIds: readonly string[]; now: Date },
): Promise<Map<string, Card>> {
  const { rows } = await queryable.query<{
    contact: string;
    points: string;
    pending: string;
    tier: string | null;
    expiring: string | null;
    at: Date | null;
  }>(
    `select b.contact_id as contact, b.active - coalesce(l.gone, 0) as points, b.pending, b.tier, n.points as expiring, n.at
       from loyalty_balances b
       left join lateral (
         select sum(remaining) as gone from loyalty_lots
          where program = b.program and contact_id = b.contact_id and is_active and remaining > 0 and expires_at <= $3) l on true
       left join lateral (
         select expires_at as at, sum(remaining) as points from loyalty_lots
          where program = b.program and contact_id = b.contact_id and is_active and remaining > 0 and expires_at > $3
          group by expires_at order by expires_at limit 1) n on true
      where b.program = $1 and b.contact_id = any($2::bigint[])`,
    [program, contactIds, now],
  );
  return new Map(
    rows.map(({ contact, points, pending, tier, expiring, at }) => [
      contact,
      {
        contactId: contact,
        points: Number(points),
        pending: Number(pending),
        tier,
        ...(expiring !== null && at !== null && { expiring: { points: Number(expiring), at } }),
      },
    ]),
  );
}

export interface CardEntry {
  at: Date;
  kind: string;
  /** Change of what the member can spend now or later. */
  points: number;
  uncovered: number;
}

/** What happened to a member's points, newest first. That points became active is no change of how many there are. */
export async function cardHistory(
  queryable: Queryable,
  { program, contactId, limit }: { program: string; contactId: string; limit: number },
): Promise<CardEntry[]> {
  const { rows } = await queryable.query<{ at: Date; kind: string; points: string; uncovered: string }>(
    `select j.at, j.kind, j.uncovered,
            (select coalesce(sum(e.points), 0) from loyalty_entries e
              where e.journal_no = j.no and e.account in ('pending', 'active')) as points
       from loyalty_journal j
      where j.program = $1 and j.contact_id = $2 and j.kind <> 'activate' order by j.no desc limit $3`,
    [program, contactId, limit],
  );
  return rows.map(({ at, kind, points, uncovered }) => ({
    at,
    kind,
    points: Number(points),
    uncovered: Number(uncovered),
  }));
}

export interface Liability {
  members: number;
  /** Millionths of a unit of the program's currency, at what a point is worth now. */
  pending: { points: number; micros: bigint };
  active: { points: number; micros: bigint };
  spent: number;
  expired: number;
  reversed: number;
  /** Points that members owe. */
  debt: number;
  /** Should have been taken back and could not be. */
  uncovered: number;
}

/** What the shop owes its members. */
export async function liabilityOf(queryable: Queryable, program: Pick<Program, 'id' | 'terms'>): Promise<Liability> {
  const row = await maybeOne<Record<string, string>>(
    queryable,
    `select count(*) as members, coalesce(sum(pending), 0) as pending, coalesce(sum(greatest(active, 0)), 0) as active,
            coalesce(sum(spent), 0) as spent, coalesce(sum(expired), 0) as expired, coalesce(sum(reversed), 0) as reversed,
            coalesce(sum(debt), 0) as debt,
            (select coalesce(sum(uncovered), 0) from loyalty_journal where program = $1) as uncovered
       from loyalty_balances where program = $1`,
    [program.id],
  );
  const of = (name: string) => Number(row?.[name] ?? 0);
  const worth = (name: string) => ({
    points: of(name),
    micros: BigInt(row?.[name] ?? 0) * BigInt(program.terms.pointValue.micros),
  });
  return {
    members: of('members'),
    pending: worth('pending'),
    active: worth('active'),
    spent: of('spent'),
    expired: of('expired'),
    reversed: of('reversed'),
    debt: of('debt'),
    uncovered: of('uncovered'),
  };
}
