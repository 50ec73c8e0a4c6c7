/** What became of the promotions and the money of a run. */
import type { MoneyReport, PromotionReport } from '../../reports/run-report';
import type { Queryable } from '../database';
import { auditBook, moneyLines } from '../money/book';

export async function promotionReports(queryable: Queryable, runNo: number): Promise<PromotionReport[]> {
  const { rows } = await queryable.query<
    Omit<PromotionReport, 'spent' | 'reserved' | 'worth'> & Record<'currency' | 'spent' | 'reserved' | 'worth', string>
  >(
    `select p.step, p.line, p.state, p.currency, p.codes, p.redeemed, p.held, p.worth_micros as worth,
            (p.slots - p.redeemed) * p.worth_micros as reserved,
            (select coalesce(sum(value_micros - refunded_micros), 0) from redemptions r where r.promotion_no = p.no and r.state = 'redeemed') as spent,
            (select count(*)::int from redemptions r where r.promotion_no = p.no and r.state = 'refunded') as refunded,
            (select count(*)::int from promotion_codes c where c.promotion_no = p.no and c.state = 'disabled' and c.redeemed < c.most) as disabled,
            (select coalesce(json_object_agg(reason, count), '{}') from (
               select reason, count(*)::int from promotion_skips s where s.promotion_no = p.no group by 1) skips) as skipped
       from promotions p where p.run_no = $1 order by p.no`,
    [runNo],
  );
  return rows.map(({ currency, spent, reserved, worth, ...row }) => {
    const money = (micros: string) => ({ currency, micros: Number(micros) });
    return { ...row, spent: money(spent), reserved: money(reserved), worth: money(worth) };
  });
}

export async function moneyReport(queryable: Queryable, runNo: number): Promise<MoneyReport> {
  const [lines, faults] = await Promise.all([moneyLines(queryable, runNo), auditBook(queryable, runNo)]);
  return {
    lines: lines.map(({ line, currency, ...micros }) => {
      const money = (amount: number) => ({ currency, micros: amount });
      const { available, reserved, committed, beyond } = micros;
      return {
        line,
        cap: money(available + reserved + committed),
        reserved: money(reserved),
        spent: money(committed),
        available: money(available),
        beyond: money(beyond),
      };
    }),
    faults,
  };
}
