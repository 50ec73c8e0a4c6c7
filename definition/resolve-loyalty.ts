import { present } from './present';
import type { ResolveInput } from './resolve-input';
import { resolveRewardPromotion } from './resolve-promotion';
import type { EarnRule, LoyaltyReward, ProgramTerms } from './resolved-loyalty';
import type { AuthoredCampaign } from './schema/campaign';

type AuthoredProgram = NonNullable<AuthoredCampaign['program']>;

/** Tiers go from the lowest to the highest, whatever the order of the file was checked to be. */
export function resolveProgram(input: ResolveInput, program: AuthoredProgram): ProgramTerms {
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
    rewards: rewards.map((reward, index) => resolveReward(input, reward, index)),
    ...present({ expiryWarning: program.expiryWarning }),
  };
}

function resolveReward(
  input: ResolveInput,
  { gift, storeCredit, promotion, ...reward }: AuthoredProgram['rewards'][number],
  index: number,
): LoyaltyReward {
  const path = ['program', 'rewards', index];
  return {
    ...reward,
    ...present({
      gift,
      storeCredit,
      promotion: promotion && resolveRewardPromotion(input, path, promotion),
    }),
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
