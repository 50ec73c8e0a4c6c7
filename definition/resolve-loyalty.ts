import { present } from './present';
import type { EarnRule, ProgramTerms } from './resolved-loyalty';
import type { AuthoredCampaign } from './schema/campaign';

type AuthoredProgram = NonNullable<AuthoredCampaign['program']>;

/** Tiers go from the lowest to the highest, whatever the order of the file was checked to be. */
export function resolveProgram(program: AuthoredProgram): ProgramTerms {
  const { pointValue, pending, overdraft, order, earn, refund, tiers, rewards } = program;
  return {
    currency: pointValue.currency,
    pointValue,
    pending,
    ...present({ expiresAfter: program.expiresAfter }),
    overdraft,
    order,
    earn: earn.map(resolveRule),
    ...present({ refund: refund && { on: refund.on, amount: refund.amount } }),
    tiers: tiers.map(({ multiplier, ...tier }) => ({ ...tier, multiplierThousandths: thousandths(multiplier) })),
    rewards: rewards.map(({ gift, storeCredit, ...reward }) => ({ ...reward, ...present({ gift, storeCredit }) })),
    ...present({ expiryWarning: program.expiryWarning }),
  };
}

function resolveRule({
  points,
  perUnit,
  amount,
  multiplier,
  where,
  limit,
  ...rule
}: AuthoredProgram['earn'][number]): EarnRule {
  return {
    ...rule,
    ...present({ where }),
    gives: points === undefined ? { perUnitThousandths: thousandths(perUnit ?? 0), amount } : { points },
    multiplierThousandths: thousandths(multiplier),
    ...present({ limit }),
  };
}

function thousandths(factor: number): number {
  return Math.round(factor * 1000);
}
