/** `promotions <run>`: codes and money of a run, for whoever is on call. */

import { rewardStep } from '../../definition/resolved-loyalty';
import { writeMoney } from '../../definition/written/money';
import { exitCodes } from '../../errors/catalogue';
import { moneyReport, promotionReports } from '../../ledger/promotions/report';
import { findRunOf } from '../../operations/find-run';
import type { MoneyReport, PromotionReport } from '../../reports/run-report';
import type { Command } from '../command';
import { required, withOperator } from '../operator';

export const command: Command = {
  summary: 'show codes and money of a run: issued, held, redeemed, reserved, spent',
  description: [
    'What is reserved is the worst case of every code that may still be used; what is spent was redeemed, or paid for messages.',
    'Codes are never shown. To stop a promotion, abort its run: what is not redeemed is disabled, and its money is free again.',
    'Rewards of a loyalty program stand here as `reward:<id>`: members have paid for those codes, and no abort disables them.',
  ].join('\n'),
  arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
  options: [],
  examples: ['promotions winback', 'promotions winback --json'],
  run: (context) =>
    withOperator(context, async ({ database }) => {
      const run = await findRunOf(database, required(context.argument(0), 'the run'));
      const [promotions, money] = [await promotionReports(database, run.no), await moneyReport(database, run.no)];
      const active = promotions.filter(({ state }) => state === 'active');
      const isReward = active.some(({ step }) => step.startsWith(rewardStep('')));
      return {
        exitCode: money.faults.length > 0 ? exitCodes.partial : exitCodes.ok,
        text: [run.runId, ...promotions.flatMap(promotionLines), ...moneyLines(money)].join('\n'),
        json: { runId: run.runId, promotions, money },
        next: isReward
          ? `loyalty ${run.campaignId}`
          : active.length > 0
            ? `abort ${run.campaignId} --reason "…"   (disables what is not redeemed)`
            : `report ${run.campaignId}`,
      };
    }),
};

function promotionLines(promotion: PromotionReport): string[] {
  const { step, state, codes, held, redeemed, refunded, disabled, skipped, worth, spent, reserved, line } = promotion;
  const reasons = Object.entries(skipped).map(([reason, count]) => `${count} not: ${reason}`);
  return [
    `${step}: ${state}, ${codes} codes${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    `  redeemed ${redeemed}${refunded > 0 ? `, of which ${refunded} refunded` : ''} · held ${held} · disabled ${disabled}`,
    `  spent ${writeMoney(spent)} · reserved ${writeMoney(reserved)} of line ${line} · at most ${writeMoney(worth)} a use`,
  ];
}

function moneyLines({ lines, faults }: MoneyReport): string[] {
  if (lines.length === 0) return ['no budget, and nothing spent'];
  return [
    'line                cap              spent            reserved         available',
    ...lines.map(({ line, cap, spent, reserved, available, beyond }) =>
      `${line.padEnd(20)}${[cap, spent, reserved, available].map((money) => writeMoney(money).padEnd(17)).join('')}${
        beyond.micros > 0 ? `and ${writeMoney(beyond)} beyond it` : ''
      }`.trimEnd(),
    ),
    ...(faults.length === 0 ? ['✔ the book balances'] : faults.map((fault) => `✖ ${fault}`)),
  ];
}
