/** A loyalty program in the ledger with a few members, what happened to it, and what must hold whatever the order. */

import type { ResolvedCampaign } from '../../definition/resolved';
import type { ProgramTerms } from '../../definition/resolved-loyalty';
import type { Database } from '../../ledger/database';
import { applyEvents } from '../../ledger/loyalty/apply-events';
import { bookAwards, reverseAwards, withdrawPoints } from '../../ledger/loyalty/award';
import type { Earning } from '../../ledger/loyalty/earn';
import { tendProgram } from '../../ledger/loyalty/mature';
import { openProgram, type Program } from '../../ledger/loyalty/programs';
import { returnSpent, type SpendAnswer, type SpendRequest, spendPoints } from '../../ledger/loyalty/spend';
import { registerTestRun } from './ledger-fixture';
import { dayMs, testTerms } from './loyalty-terms';

let programs = 0;

/** A program that a registered run has opened. */
export async function openTestProgram(
  database: Database,
  terms: Partial<ProgramTerms> = {},
  campaign: Partial<ResolvedCampaign> = {},
): Promise<Program> {
  programs += 1;
  const id = campaign.id ?? `club-${process.pid}-${programs}`;
  const { run } = await registerTestRun(database, { ...campaign, id });
  const whole = { ...testTerms, ...terms };
  await openProgram(database, { id, runNo: run.no, terms: whole, now: new Date('2026-01-01T00:00:00Z') });
  return { id, runNo: run.no, terms: whole, state: 'open' };
}

export const membersCount = 3;
const start = Date.parse('2026-02-01T00:00:00Z');

interface Sums {
  issued: bigint;
  spent: bigint;
}

/** What the callers were told, by member: sums that no order of happenings changes. */
export class LoyaltyWorld {
  private readonly earned = new Map<number, { member: string; points: bigint }>();
  private readonly awarded = new Set<string>();
  private readonly adjusted = new Map<string, bigint>();
  private readonly spending = new Map<string, { member: string; points: bigint; returned: bigint }>();
  private readonly answers = new Map<string, string>();
  private day = 0;

  constructor(
    protected readonly database: Database,
    readonly program: Program,
  ) {}

  get now(): Date {
    return new Date(start + this.day * dayMs);
  }

  pass(days: number): void {
    this.day += days;
  }

  protected member(n: number): string {
    return String(1000 + n);
  }

  /** The same number is the same event, whoever posts it, as often as they like. */
  private earning(event: number): Earning {
    const points = BigInt(10 + ((event * 7) % 90));
    const contactId = this.member(event % membersCount);
    this.earned.set(event, { member: contactId, points });
    return {
      eventNo: String(event + 1),
      contactId,
      rule: 'purchases',
      thousandths: points * 1000n,
      occurredAt: new Date(start + (event % 20) * dayMs),
      orderRef: `order-${event}`,
      amountMicros: points * 1_000_000n,
    };
  }

  earn(events: readonly number[]): Promise<unknown> {
    const earnings = events.map((event) => this.earning(event));
    return applyEvents(this.database, { program: this.program, earnings, refunds: [], now: this.now });
  }

  /** Of an order that may not be known yet. `share` in quarters. */
  refund(event: number, quarters: number): Promise<unknown> {
    const points = BigInt(10 + ((event * 7) % 90));
    const refund = {
      eventNo: String(1_000_000 + event * 5 + quarters),
      contactId: this.member(event % membersCount),
      orderRef: `order-${event}`,
      ...(quarters < 4 && { amountMicros: (points * 1_000_000n * BigInt(quarters)) / 4n }),
      occurredAt: this.now,
    };
    return applyEvents(this.database, { program: this.program, earnings: [], refunds: [refund], now: this.now });
  }

  async award(step: number): Promise<unknown> {
    const awards = Array.from({ length: membersCount }, (_, n) => ({
      contactId: this.member(n),
      key: `award:${step}:${n}`,
      points: 50n,
    }));
    for (const { key } of awards) this.awarded.add(key);
    return bookAwards(this.database, {
      program: this.program,
      awards,
      origin: { kind: 'award', runNo: this.program.runNo, step: `bonus-${step}` },
      activeAt: new Date(this.now.getTime() + step * 5 * dayMs),
      now: this.now,
    });
  }

  undo(step: number): Promise<unknown> {
    const { program, now } = this;
    return reverseAwards(this.database, { program, runNo: program.runNo, step: `bonus-${step}`, now });
  }

  /** @returns what the till was told */
  async spend(n: number, key: number, given: { points: number; code?: SpendRequest['code'] }): Promise<SpendAnswer> {
    const name = `till-${n}-${key}`;
    const contactId = this.member(n);
    const answer = await spendPoints(this.database, {
      program: this.program,
      contactId,
      key: name,
      points: BigInt(given.points),
      code: given.code,
      ...(given.code && { detail: { reward: given.code.reward } }),
      now: this.now,
    });
    if (!answer.done) return answer;
    expect(this.spending.get(name)?.points ?? answer.points).toBe(answer.points);
    if (!answer.repeated) {
      expect(this.answers.has(name)).toBe(false);
      this.answers.set(name, 'done');
      this.spending.set(name, {
        member: contactId,
        points: answer.points,
        returned: this.spending.get(name)?.returned ?? 0n,
      });
    }
    return answer;
  }

  async giveBack(n: number, key: number, points: number | undefined): Promise<void> {
    const name = `till-${n}-${key}`;
    const answer = await returnSpent(this.database, {
      program: this.program,
      contactId: this.member(n),
      key: `${name}-${points ?? 'all'}`,
      spendKey: name,
      ...(points !== undefined && { points: BigInt(points) }),
      now: this.now,
    });
    if (!answer.done || answer.repeated) return;
    const before = this.spending.get(name) ?? { member: this.member(n), points: 0n, returned: 0n };
    this.spending.set(name, { ...before, returned: before.returned + answer.points });
  }

  async withdraw(n: number, key: number, points: number): Promise<void> {
    await withdrawPoints(this.database, {
      program: this.program,
      contactId: this.member(n),
      key: `adjust:${n}:${key}`,
      points: BigInt(points),
      detail: { reason: 'test' },
      now: this.now,
    });
  }

  tend(): Promise<unknown> {
    return tendProgram(this.database, { program: this.program, now: this.now });
  }

  private expected(): Map<string, Sums> {
    const sums = new Map(Array.from({ length: membersCount }, (_, n) => [this.member(n), { issued: 0n, spent: 0n }]));
    const of = (member: string): Sums => sums.get(member) ?? { issued: 0n, spent: 0n };
    for (const { member, points } of this.earned.values()) of(member).issued += points;
    for (const key of this.awarded) of(this.member(Number(key.split(':')[2]))).issued += 50n;
    for (const [member, points] of this.adjusted) of(member).issued += points;
    for (const { member, points, returned } of this.spending.values()) of(member).spent += points - returned;
    return sums;
  }

  /** Everything that must hold, at any moment, however things interleaved. */
  async check(): Promise<void> {
    const { rows: balances } = await this.database.query<Record<string, string>>(
      `select b.contact_id as member, b.issued, b.pending, b.active, b.spent, b.expired, b.reversed, b.debt,
              coalesce(l.pending, 0) as lots_pending, coalesce(l.active, 0) as lots_active, coalesce(l.spent, 0) as lots_spent,
              coalesce(l.expired, 0) as lots_expired, coalesce(l.reversed, 0) as lots_reversed, coalesce(l.earned, 0) as lots_earned,
              coalesce(l.claimed, 0) as lots_claimed,
              (select coalesce(sum(j.uncovered), 0) from loyalty_journal j
                where j.program = b.program and j.contact_id = b.contact_id) as uncovered,
              (select coalesce(sum(e.points), 0) from loyalty_journal j join loyalty_entries e on e.journal_no = j.no
                where j.program = b.program and j.contact_id = b.contact_id and j.kind = 'adjust' and e.account = 'reversed') as adjusted,
              (select coalesce(sum(u.points - u.returned), 0) from loyalty_uses u join loyalty_lots lu on lu.no = u.lot_no
                where lu.program = b.program and lu.contact_id = b.contact_id) as used
         from loyalty_balances b
         left join (select program, contact_id, sum(remaining) filter (where not is_active) as pending,
                           sum(remaining) filter (where is_active) as active, sum(spent) as spent, sum(expired) as expired,
                           sum(reversed) as reversed, sum(earned) as earned, sum(claimed) as claimed
                      from loyalty_lots group by program, contact_id) l using (program, contact_id)
        where b.program = $1`,
      [this.program.id],
    );
    const expected = this.expected();
    for (const row of balances) {
      const of = (name: string) => BigInt(row[name] ?? 0);
      const sums = expected.get(row.member ?? '');
      expect({ member: row.member, issued: of('issued'), spent: of('spent') }).toEqual({ member: row.member, ...sums });
      expect(of('issued')).toBe(of('lots_earned'));
      expect(of('pending')).toBe(of('lots_pending'));
      expect(of('active')).toBe(of('lots_active') - of('debt'));
      expect(of('spent')).toBe(of('lots_spent'));
      expect(of('spent')).toBe(of('used'));
      expect(of('expired')).toBe(of('lots_expired'));
      expect(of('reversed')).toBe(of('lots_reversed') + of('debt'));
      expect(of('reversed') + of('uncovered')).toBe(of('lots_claimed') + of('adjusted'));
      expect(of('debt') === 0n || of('lots_active') === 0n).toBe(true);
      if (!this.program.terms.overdraft) expect(of('debt')).toBe(0n);
      else expect(of('uncovered')).toBe(0n);
    }
    const { rows: books } = await this.database.query<{ sum: string; paid: number; events: number }>(
      `select coalesce(sum(points), 0)::text as sum,
              (select count(*)::int from loyalty_journal where program = $1 and kind = 'earn') as paid,
              (select count(distinct key)::int from loyalty_journal where program = $1 and kind = 'earn') as events
         from loyalty_entries where program = $1`,
      [this.program.id],
    );
    expect(books).toEqual([{ sum: '0', paid: this.earned.size, events: this.earned.size }]);
  }
}
