/** What time does to points: they become active, pay debts, and expire. */
import { type Database, type Queryable, transaction } from '../database';
import { lockMembers } from './members';
import type { Program } from './programs';
import { judgeTiers } from './tiers';

export interface Matured {
  activated: number;
  expired: number;
}

/** Brings these members' lots up to a moment. The members are locked. Bringing them there again changes nothing. */
export async function mature(
  client: Queryable,
  { program, contactIds, now }: { program: Pick<Program, 'id'>; contactIds: readonly string[]; now: Date },
): Promise<Matured> {
  const activated = await move(
    client,
    `with due as (
       update loyalty_lots set is_active = true
        where program = $1 and contact_id = any($2::bigint[]) and not is_active and remaining > 0 and active_at <= $3
       returning no, contact_id, remaining as points
     ),
     journal as (
       insert into loyalty_journal (program, contact_id, key, kind, at)
       select $1, contact_id, 'activate:' || no, 'activate', $3 from due order by no returning no, key
     ),
     entries as (
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select j.no, $1, d.contact_id, e.account, e.points
         from due d join journal j on j.key = 'activate:' || d.no
        cross join lateral (values ('pending', -d.points), ('active', d.points)) e(account, points)
     )
     select count(*)::int as lots from due`,
    [program.id, contactIds, now],
  );
  await payDebts(client, { program, contactIds });
  const expired = await move(
    client,
    `with due as materialized (
       select no, contact_id, remaining as points, is_active, expired + remaining as so_far from loyalty_lots
        where program = $1 and contact_id = any($2::bigint[]) and remaining > 0 and expires_at <= $3
     ),
     gone as (
       update loyalty_lots l set expired = l.expired + d.points, remaining = 0 from due d where l.no = d.no
     ),
     journal as (
       insert into loyalty_journal (program, contact_id, key, kind, at)
       select $1, contact_id, 'expire:' || no || ':' || so_far, 'expire', $3 from due order by no returning no, key
     ),
     entries as (
       insert into loyalty_entries (journal_no, program, contact_id, account, points)
       select j.no, $1, d.contact_id, e.account, e.points
         from due d join journal j on j.key = 'expire:' || d.no || ':' || d.so_far
        cross join lateral (values (case when d.is_active then 'active' else 'pending' end, -d.points), ('expired', d.points))
                           e(account, points)
     )
     select count(*)::int as lots from due`,
    [program.id, contactIds, now],
  );
  return { activated, expired };
}

async function move(client: Queryable, text: string, values: unknown[]): Promise<number> {
  const { rows } = await client.query<{ lots: number }>(text, values);
  return rows[0]?.lots ?? 0;
}

/** Members below zero give what they have got since, the soonest to expire first. The balance has said so already. */
export async function payDebts(
  client: Queryable,
  { program, contactIds }: { program: Pick<Program, 'id'>; contactIds: readonly string[] },
): Promise<void> {
  await client.query(
    `with debtors as materialized (
       select contact_id, debt from loyalty_balances where program = $1 and contact_id = any($2::bigint[]) and debt > 0
     ),
     shelf as (
       select l.no, l.contact_id, l.remaining, b.debt,
              sum(l.remaining) over (partition by l.contact_id order by l.expires_at nulls last, l.no) - l.remaining as before
         from debtors b join loyalty_lots l on l.program = $1 and l.contact_id = b.contact_id
        where l.is_active and l.remaining > 0
     ),
     given as (
       update loyalty_lots l set remaining = l.remaining - s.points, reversed = l.reversed + s.points
         from (select no, least(remaining, debt - before)::bigint as points from shelf where before < debt) s
        where l.no = s.no
       returning l.contact_id, s.points
     )
     update loyalty_balances b set debt = b.debt - g.points
       from (select contact_id, sum(points)::bigint as points from given group by contact_id) g
      where b.program = $1 and b.contact_id = g.contact_id`,
    [program.id, contactIds],
  );
}

const membersAtOnce = 500;

/** Brings every member up to a moment, some at a time, and judges the tiers of those who have one. */
export async function tendProgram(
  database: Database,
  { program, now, onPage }: { program: Program; now: Date; onPage?: (members: number) => void },
): Promise<Matured & { tiersChanged: number }> {
  const total = { activated: 0, expired: 0, tiersChanged: 0 };
  let members = 0;
  for (;;) {
    const contactIds = await membersWithLotsDue(database, { program, now });
    if (contactIds.length === 0) break;
    const page = await transaction(database, async (client) => {
      await lockMembers(client, program, contactIds);
      return mature(client, { program, contactIds, now });
    });
    total.activated += page.activated;
    total.expired += page.expired;
    members += contactIds.length;
    onPage?.(members);
  }
  for (let after = '0'; ; ) {
    const contactIds = await membersWithTier(database, { program, after });
    const last = contactIds.at(-1);
    if (last === undefined) return total;
    after = last;
    const changed = await transaction(database, async (client) => {
      await lockMembers(client, program, contactIds);
      return judgeTiers(client, { program, contactIds, now });
    });
    total.tiersChanged += changed.length;
    members += contactIds.length;
    onPage?.(members);
  }
}

async function membersWithLotsDue(
  queryable: Queryable,
  { program, now }: { program: Program; now: Date },
): Promise<string[]> {
  const { rows } = await queryable.query<{ contact: string }>(
    `select distinct contact_id as contact from (
       (select contact_id from loyalty_lots
         where program = $1 and not is_active and remaining > 0 and active_at <= $2 order by active_at limit $3)
       union all
       (select contact_id from loyalty_lots where program = $1 and remaining > 0 and expires_at <= $2 order by expires_at limit $3)
     ) due`,
    [program.id, now, membersAtOnce],
  );
  return rows.map(({ contact }) => contact);
}

async function membersWithTier(
  queryable: Queryable,
  { program, after }: { program: Program; after: string },
): Promise<string[]> {
  const { rows } = await queryable.query<{ contact: string }>(
    `select contact_id as contact from loyalty_balances
      where program = $1 and tier is not null and contact_id > $2 order by contact_id limit $3`,
    [program.id, after, membersAtOnce],
  );
  return rows.map(({ contact }) => contact);
}
