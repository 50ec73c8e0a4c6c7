/**
 * A run with a budget and two promotions, shops that use codes at the same time, a clock, people who move money and who
 * abort. After each event it reads every book and says what promise is broken.
 */
import { randomInt, randomUUID } from 'node:crypto';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { moveBudget } from '../../ledger/budget';
import { type Database, transaction } from '../../ledger/database';
import { auditBook, moneyLines, openBook } from '../../ledger/money/book';
import { setMoneyCaps, setPacing } from '../../ledger/money/limits';
import { expirePromotions, undoPromotion } from '../../ledger/promotions/close';
import { issueCodes } from '../../ledger/promotions/issue';
import { type PromotionRow, promotionsOfRun } from '../../ledger/promotions/promotion';
import type { Ask, Outcome, Redemption } from '../../ledger/promotions/redemption';
import { promotionsOf, serveTogether } from '../../ledger/promotions/till';
import { freeze, peopleCsv, registerTestRun } from './ledger-fixture';

export const memberCount = 10;
const unit = 1_000_000;
const hour = 3600_000;
const budgetUnits = { total: 90, lines: { codes: 60, ads: 10 } };
const globalCapUnits = 55;
/** Within twelve hours. */
const paceUnits = 23;
export const shop = 'shop';

/** One thing a shop asks. `which` picks among what there is. */
export type ShopAction =
  | { do: 'reserve' | 'redeem'; step: 'own' | 'generic'; which: number; customer: number; basket: number }
  | { do: 'redeem-held' | 'release' | 'refund'; which: number }
  /** In micros, or so many as nobody held. */
  | { do: 'refund'; which: number; part: number };

interface Known {
  id: string;
  state: Redemption['state'];
  value: number;
  refunded: number;
}

export class PromotionWorld {
  now = Date.parse('2026-11-10T12:00:00Z');
  /** What shops were told. */
  readonly redemptions = new Map<string, Known>();
  readonly undone = new Set<string>();

  private constructor(
    private readonly database: Database,
    readonly runNo: number,
    readonly currency: string,
    private readonly terms: Record<'own' | 'generic', PromotionTerms>,
    private readonly budget: NonNullable<Parameters<typeof moveBudget>[1]['budget']>,
  ) {}

  static async open(database: Database): Promise<PromotionWorld> {
    const world = randomUUID().slice(0, 8);
    // A currency of its own: the caps over time are of all runs together.
    const currency = `X${letter()}${letter()}`;
    // What earlier worlds still hold counts in none of the hours of this one.
    await database.query('delete from promotion_hours');
    await database.query('delete from spend_hours where currency = $1', [currency]);
    const money = (units: number) => ({ currency, micros: units * unit });
    const budget = {
      total: money(budgetUnits.total),
      lines: { codes: money(budgetUnits.lines.codes), ads: money(budgetUnits.lines.ads) },
    };
    const { run, campaign } = await registerTestRun(database, { budget });
    const people = Array.from({ length: memberCount }, (_, n) => ({ email: `p${n}-${world}@shop.example` }));
    await freeze(database, { runNo: run.no, campaign, csv: peopleCsv(people) });
    await setMoneyCaps(database, [{ per: 24 * hour, amount: money(globalCapUnits) }]);
    const end = new Date(Date.parse('2026-11-10T12:00:00Z') + 40 * hour).toISOString();
    const shared = { platform: 'built-in', line: 'codes', undo: 'disable-unredeemed', stacking: 'alone' } as const;
    const terms: PromotionWorld['terms'] = {
      own: {
        ...shared,
        discount: { kind: 'percent', share: 0.25 },
        worth: money(4),
        codes: 'one-per-contact',
        limits: { perContact: 2, perCode: 2, total: 5 },
        validUntil: { for: 20 * hour },
      },
      generic: {
        ...shared,
        discount: { kind: 'amount', amount: money(3) },
        worth: money(3),
        codes: { generic: `G${world}` },
        limits: { perContact: 1, perCode: 6, total: 6 },
        validUntil: end,
      },
    };
    const opened = new PromotionWorld(database, run.no, currency, terms, budget);
    await openBook(database, run.no);
    const pacing = { codes: { per: 12 * hour, amount: money(paceUnits) } };
    await setPacing(database, { runNo: run.no, budget: { ...budget, pacing } });
    return opened;
  }

  private get clock(): Date {
    return new Date(this.now);
  }

  issue(step: 'own' | 'generic', range: { from: number; to: number }): Promise<unknown> {
    return issueCodes(this.database, { runNo: this.runNo, step, terms: this.terms[step], range, now: this.clock });
  }

  /** All at once: each in a transaction of its own, or served together as gateways do. */
  async storm(
    actions: readonly ShopAction[],
    { together = false, beside = [] }: { together?: boolean; beside?: (() => Promise<unknown>)[] } = {},
  ): Promise<void> {
    const { rows: codes } = await this.database.query<{ code: string; step: string }>(
      'select c.code, p.step from promotion_codes c join promotions p on p.no = c.promotion_no where p.run_no = $1 order by c.no',
      [this.runNo],
    );
    const known = [...this.redemptions.values()];
    const wanted = actions.flatMap((action) => this.wish(action, { codes, known }) ?? []);
    const promotions = await promotionsOf(this.database, wanted);
    const groups = together
      ? [...new Set(promotions)].map((no) => wanted.filter((_, index) => promotions[index] === no))
      : wanted.map((ask) => [ask]);
    const serve = async (asks: Ask[]) => {
      const [first] = asks;
      const promotionNo = promotions[first ? wanted.indexOf(first) : -1] ?? '';
      const told = await transaction(this.database, (client) => serveTogether(client, { promotionNo, asks }));
      for (const [index, ask] of asks.entries()) this.learn(ask, told[index]);
    };
    await Promise.all([...groups.map(serve), ...beside.map((work) => work())]);
  }

  private wish(
    action: ShopAction,
    { codes, known }: { codes: { code: string; step: string }[]; known: Known[] },
  ): Ask | undefined {
    if (action.do === 'reserve' || action.do === 'redeem') {
      const of = codes.filter(({ step }) => step === action.step);
      const chosen = of[action.which % Math.max(1, of.length)];
      if (!chosen) return undefined;
      const use = {
        source: shop,
        code: chosen.code,
        basket: { currency: this.currency, micros: action.basket * unit },
        ...(action.step === 'generic' && { customer: `c${action.customer}` }),
        now: this.clock,
      };
      return action.do === 'reserve' ? { act: 'reserve', ...use, holdMs: hour } : { act: 'redeem', ...use };
    }
    const chosen = known[action.which % Math.max(1, known.length)];
    const value = 'part' in action ? { value: { currency: this.currency, micros: action.part } } : {};
    return chosen && { act: action.do, source: shop, id: chosen.id, now: this.clock, ...value };
  }

  /** Answers of those who asked at the same time arrive in any order. */
  private learn(ask: Ask, outcome: Outcome | undefined): void {
    if (!outcome || 'refused' in outcome || 'offered' in outcome) return;
    const { id, state, value } = outcome;
    if ('code' in ask) {
      this.redemptions.set(id, {
        id,
        state,
        value: value.micros,
        refunded: 0,
      });
      return;
    }
    const told = this.redemptions.get(id);
    if (!told) throw new Error('a redemption nobody made');
    if (ask.act === 'release' && told.state !== 'held') throw new Error(`${told.state} was released`);
    if (ask.act === 'redeem-held') told.value = value.micros;
    if (ask.act === 'refund') told.refunded += value.micros;
    if (told.state !== 'refunded') told.state = state;
  }

  async advance(hours: number, { sweep }: { sweep: boolean }): Promise<void> {
    this.now += hours * hour;
    if (sweep) await expirePromotions(this.database, { now: this.clock });
  }

  async undo(step: 'own' | 'generic'): Promise<void> {
    await undoPromotion(this.database, { runNo: this.runNo, step, now: this.clock, by: 'luis' });
    this.undone.add(step);
  }

  async move(units: number): Promise<void> {
    const key = randomUUID();
    await moveBudget(this.database, {
      runNo: this.runNo,
      budget: this.budget,
      want: (before) => before + units * unit,
      bounds: [0, budgetUnits.total * unit],
      move: { key, at: this.clock, from: 'ads', to: 'codes', by: 'luis' },
    });
  }

  /** @throws Error that names the first promise that is broken */
  async check(): Promise<void> {
    const faults = await auditBook(this.database, this.runNo);
    if (faults.length > 0) throw new Error(faults.join('; '));
    const lines = await moneyLines(this.database, this.runNo);
    const all = lines.reduce((sum, { available, reserved, committed }) => sum + available + reserved + committed, 0);
    if (all !== budgetUnits.total * unit)
      throw new Error(`the budget of ${budgetUnits.total} has become ${all / unit}`);
    for (const line of lines)
      for (const kind of ['available', 'reserved', 'committed'] as const)
        if (line[kind] < 0) throw new Error(`${line.line} ${kind} is ${line[kind]}`);
    for (const promotion of await promotionsOfRun(this.database, this.runNo)) await this.checkPromotion(promotion);
    await this.checkRedemptions(lines.reduce((sum, { committed }) => sum + committed, 0));
    await this.checkGlobalCap();
    await this.checkPace();
  }

  private async checkPromotion(promotion: PromotionRow): Promise<void> {
    const { no, step, held, redeemed, slots, most } = promotion;
    const { rows } = await this.database.query<{ state: string; count: number }>(
      'select state, count(*)::int as count from redemptions where promotion_no = $1 group by 1',
      [no],
    );
    const count = (state: string) => rows.find((row) => row.state === state)?.count ?? 0;
    if (count('held') !== held) throw new Error(`${step}: ${count('held')} held, counted ${held}`);
    if (count('redeemed') + count('refunded') !== redeemed) throw new Error(`${step}: redeemed counted ${redeemed}`);
    if (held + redeemed > slots || (most !== null && slots > most))
      throw new Error(`${step}: ${held}+${redeemed} of ${slots}`);
    const { rows: over } = await this.database.query(
      `select c.no from promotion_codes c left join redemptions r on r.code_no = c.no and r.state in ('held', 'redeemed', 'refunded')
        where c.promotion_no = $1 group by c.no having count(r.id) <> c.held + c.redeemed or count(r.id) > c.most
       union all
       select code_no from redemptions where promotion_no = $1 and state in ('held', 'redeemed', 'refunded')
        group by code_no, customer having count(*) > $2`,
      [no, promotion.perContact],
    );
    if (over.length > 0) throw new Error(`${step}: a code or customer is over its limit`);
    const isUndone = this.undone.has(step);
    if (isUndone && slots !== held + redeemed)
      throw new Error(`${step} is undone and keeps ${slots - held - redeemed} slots`);
    const usable = await this.database.query(
      `select from promotion_codes where promotion_no = $1 and state = 'active'`,
      [no],
    );
    if (isUndone && (usable.rowCount ?? 0) > 0) throw new Error(`${step} is undone and has ${usable.rowCount} codes`);
  }

  /** Every answer that a shop got is in the book, and nothing else is. */
  private async checkRedemptions(committed: number): Promise<void> {
    const { rows } = await this.database.query<Known>(
      `select r.id, r.state, r.value_micros::float8 as value, r.refunded_micros::float8 as refunded
         from redemptions r join promotions p on p.no = r.promotion_no where p.run_no = $1`,
      [this.runNo],
    );
    if (rows.length !== this.redemptions.size)
      throw new Error(`${rows.length} redemptions, ${this.redemptions.size} told`);
    for (const { id, state, value, refunded } of rows) {
      const told = this.redemptions.get(id);
      const isSame = told?.state === state || (told?.state === 'held' && state === 'expired');
      if (!told || !isSame || told.value !== value || told.refunded !== refunded)
        throw new Error(`told ${JSON.stringify(told)}, is ${state} ${value} less ${refunded}`);
      if ((state === 'refunded' && refunded !== value) || (refunded > 0 && refunded === value && state !== 'refunded'))
        throw new Error(`${state} with ${refunded} of ${value} given back`);
      told.state = state;
    }
    const used = rows
      .filter(({ state }) => state === 'redeemed' || state === 'refunded')
      .reduce((sum, { value, refunded }) => sum + value - refunded, 0);
    if (used !== committed) throw new Error(`redeemed ${used}, committed ${committed}`);
  }

  /** The line counts, hour by hour, what its promotions have reserved and not given back; no window holds more than its pace. */
  private async checkPace(): Promise<void> {
    const { rows } = await this.database.query<{ fault: string }>(
      `with line as (select hour, micros from spend_hours where scope = $1 || ':codes'),
            own as (select h.hour, sum(h.micros) as micros from promotion_hours h join promotions p on p.no = h.promotion_no
                     where p.run_no = $1::int group by 1)
       select format('%s: %s counted, %s reserved', hour, l.micros, o.micros) as fault
         from line l full join own o using (hour) where coalesce(l.micros, 0) <> coalesce(o.micros, 0)
       union all
       select format('%s until %s, over the pace', w.micros, ends.hour) from line ends
         cross join lateral (select sum(micros) as micros from line
                              where hour > ends.hour - interval '12 hours' and hour <= ends.hour) w
        where w.micros > $2`,
      [String(this.runNo), paceUnits * unit],
    );
    if (rows[0]) throw new Error(rows[0].fault);
  }

  private async checkGlobalCap(): Promise<void> {
    const { rows } = await this.database.query<{ most: string | null }>(
      `select max((select sum(micros) from spend_hours o where o.scope = h.scope and o.currency = h.currency
                    and o.hour > h.hour - interval '24 hours' and o.hour <= h.hour)) as most
         from spend_hours h where scope = 'global' and currency = $1`,
      [this.currency],
    );
    const most = Number(rows[0]?.most ?? 0);
    if (most > globalCapUnits * unit) throw new Error(`${most / unit} within a day, over the cap of ${globalCapUnits}`);
  }
}

function letter(): string {
  return String.fromCharCode(65 + randomInt(26));
}
