import { present } from './present';
import type { ResolvedCampaign } from './resolved';
import type { LoyaltyStep, ProgramTerms } from './resolved-loyalty';
import type { WrittenCampaign, WrittenStep } from './write-input';
import { oneOrSeveral } from './write-journey';
import { writeRewardPromotion } from './write-promotion';
import { writeDuration } from './written/duration';
import { writeAmount } from './written/money';

export function writeProgram(campaign: ResolvedCampaign, program: ProgramTerms): WrittenCampaign['program'] {
  const {
    currency: _,
    pointValue,
    pending,
    expiresAfter,
    expiryWarning,
    earn,
    refund,
    tiers,
    rewards,
    ...rest
  } = program;
  return {
    pointValue: writeAmount(pointValue),
    pending: writeDuration(pending),
    ...present({ expiresAfter: expiresAfter === undefined ? undefined : writeDuration(expiresAfter) }),
    ...rest,
    earn: earn.map(writeRule),
    ...present({ refund: refund && { ...refund, on: oneOrSeveral(refund.on) } }),
    tiers: tiers.map(({ multiplierThousandths, period, ...tier }) => ({
      ...tier,
      period: writeDuration(period),
      multiplier: multiplierThousandths / 1000,
    })),
    rewards: rewards.map(({ storeCredit, promotion, ...reward }) => ({
      ...reward,
      ...present({
        storeCredit: storeCredit && { ...storeCredit, amount: writeAmount(storeCredit.amount) },
        promotion: promotion && writeRewardPromotion(campaign, promotion),
      }),
    })),
    ...present({ expiryWarning: expiryWarning === undefined ? undefined : writeDuration(expiryWarning) }),
  };
}

function writeRule({ gives, multiplierThousandths, limit, on, id, where }: ProgramTerms['earn'][number]) {
  return {
    id,
    on: oneOrSeveral(on),
    ...present({ where }),
    ...('points' in gives ? gives : { perUnit: gives.perUnitThousandths / 1000, amount: gives.amount }),
    multiplier: multiplierThousandths / 1000,
    ...present({ limit: limit && { points: limit.points, per: writeDuration(limit.per) } }),
  };
}

export function writeAward({ after, ...rest }: LoyaltyStep['loyalty']): WrittenStep['loyalty'] {
  return { ...rest, after: writeDuration(after) };
}
