/** A program of whose rewards one is a code: members spend for it, shops use it, points go back, codes expire. */
import type { PromotionTerms } from '../../definition/resolved-promotion';
import type { Database } from '../../ledger/database';
import { auditBook } from '../../ledger/money/book';
import { expirePromotions } from '../../ledger/promotions/close';
import { dayMs } from './loyalty-terms';
import { LoyaltyWorld, openTestProgram } from './loyalty-world';
import { askTill, codesBudget, codeTerms, euros } from './promotions';

const cost = 40;
const shop = 'shop';

export class RewardWorld extends LoyaltyWorld {
  private readonly codes = new Map<string, string>();
  private readonly redemptions: string[] = [];
  private readonly terms: PromotionTerms = codeTerms({
    discount: { kind: 'amount', amount: euros(5) },
    worth: euros(5),
    limits: { perCode: 2, perContact: 6 },
    validUntil: { for: 30 * dayMs },
    undo: 'keep',
  });

  /** The line pays for four codes, and everybody has points for as many. */
  static async open(database: Database): Promise<RewardWorld> {
    const world = new RewardWorld(database, await openTestProgram(database, {}, { budget: codesBudget(45) }));
    for (const step of [0, 1, 2]) await world.award(step);
    world.pass(10);
    await world.tend();
    return world;
  }

  async buy(n: number, key: number): Promise<void> {
    const answer = await this.spend(n, key, { points: cost, code: { reward: 'off', terms: this.terms } });
    if (!answer.done) return;
    const name = `${n}-${key}`;
    expect(answer.code?.code).toBe(this.codes.get(name) ?? answer.code?.code);
    this.codes.set(name, answer.code?.code ?? 'none');
  }

  async use(which: number, act: 'reserve' | 'redeem'): Promise<void> {
    const known = [...this.codes.values()];
    const code = known[which % Math.max(1, known.length)];
    if (code === undefined) return;
    const use = { source: shop, code, basket: euros(20), now: this.now };
    const ask = act === 'reserve' ? ({ act, ...use, holdMs: dayMs } as const) : ({ act, ...use } as const);
    const [outcome] = await askTill(this.database, ask);
    if (outcome && 'id' in outcome) this.redemptions.push(outcome.id);
  }

  async settle(which: number, act: 'redeem-held' | 'release' | 'refund'): Promise<void> {
    const id = this.redemptions[which % Math.max(1, this.redemptions.length)];
    if (id !== undefined) await askTill(this.database, { act, source: shop, id, now: this.now });
  }

  sweep(): Promise<unknown> {
    return expirePromotions(this.database, { now: this.now });
  }

  override async check(): Promise<void> {
    await super.check();
    expect(await auditBook(this.database, this.program.runNo)).toEqual([]);
    const { rows } = await this.database.query<{ state: string; uses: number; isBack: boolean; bought: boolean }>(
      `select c.state, c.held + c.redeemed as uses, j.no is not null as bought,
              coalesce((select bool_and(u.returned = u.points) from loyalty_uses u where u.journal_no = j.no), false) as "isBack"
         from promotion_codes c join promotions p on p.no = c.promotion_no
         left join loyalty_journal j on j.program = $2 and j.kind = 'spend' and (j.detail ->> 'code')::bigint = c.no
        where p.run_no = $1`,
      [this.program.runNo, this.program.id],
    );
    expect(rows).toHaveLength(this.codes.size);
    for (const { state, uses, isBack, bought } of rows) {
      expect(bought).toBe(true);
      expect(state === 'disabled').toBe(isBack);
      if (isBack) expect(uses).toBe(0);
    }
  }
}
