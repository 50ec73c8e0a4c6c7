import type { Milliseconds, Money, ResolvedCampaign } from './resolved';
import { type LoyaltyReward, rewardStep } from './resolved-loyalty';
import type { Pace } from './resolved-measuring';

/** The most that the codes of a run can cost, by promotion step or reward, and how much of that its line has. */
export function promotionsAtMost(campaign: ResolvedCampaign, recipients: number): PromotionCost[] {
  const steps = campaign.steps.flatMap((step) => {
    if (step.kind !== 'promotion') return [];
    const { limits, codes, worth, line } = step.promotion;
    const uses = codes === 'one-per-contact' ? recipients * limits.perCode : (limits.total ?? 0);
    const asked = Math.min(uses, limits.total ?? uses) * worth.micros;
    const money = (micros: number) => ({ currency: worth.currency, micros });
    const budget = campaign.budget?.lines[line]?.micros ?? 0;
    const atMost = Math.min(asked, budget);
    const pace =
      codes === 'one-per-contact' ? paceOf(campaign, { line, code: worth.micros * limits.perCode, atMost }) : {};
    return [{ step: step.id, line, worth, asked: money(asked), atMost: money(atMost), ...pace }];
  });
  return [...steps, ...(campaign.program?.rewards ?? []).flatMap((reward) => rewardAtMost(campaign, reward))];
}

/** Members spend points for codes as long as the line pays, or `limits.total` allows. */
function rewardAtMost({ budget }: ResolvedCampaign, { id, cost, promotion }: LoyaltyReward): PromotionCost[] {
  if (!promotion) return [];
  const { limits, worth, line } = promotion;
  const inLine = budget?.lines[line]?.micros ?? 0;
  const asked = limits.total === undefined ? inLine : limits.total * worth.micros;
  const money = (micros: number) => ({ currency: worth.currency, micros });
  const atMost = Math.min(asked, inLine);
  return [{ step: rewardStep(id), line, points: cost, worth, asked: money(asked), atMost: money(atMost) }];
}

/** The first window is there at once; each of the others takes its time, so far as all codes are asked for. */
function paceOf(
  { budget }: ResolvedCampaign,
  { line, code, atMost }: { line: string; code: number; atMost: number },
): Pick<PromotionCost, 'pace'> {
  const pace = budget?.pacing?.[line];
  if (!pace || code === 0) return {};
  const windows = Math.ceil(Math.floor(atMost / code) / Math.max(1, Math.floor(pace.amount.micros / code)));
  return { pace: { ...pace, takes: Math.max(0, windows - 1) * pace.per } };
}

export interface PromotionCost {
  /** Of a reward: what the books call it. */
  step: string;
  /** Of a reward: what a code costs its member. */
  points?: number;
  line: string;
  /** Of one use. */
  worth: Money;
  /** For everybody. */
  asked: Money;
  /** Issuing ends where the line does. */
  atMost: Money;
  /** What the line may reserve within any window, and how long issuing takes at least at that pace. */
  pace?: Pace & { takes: Milliseconds };
}

export interface CostFacts {
  /** Targeted members that are not held out: the most that any step can reach. */
  recipients: number;
  /** By platform. */
  platforms: Readonly<Record<string, { costPerMessage?: Money }>>;
}

/** The most that a run can cost: every delivery step to every recipient, and the codes that its budget can pay. One entry a currency, sorted; free platforms add nothing. */
export function costAtMost(campaign: ResolvedCampaign, { recipients, platforms }: CostFacts): Money[] {
  const totals = new Map<string, number>();
  for (const step of campaign.steps) {
    const price = step.kind === 'email' ? platforms[step.email.platform]?.costPerMessage : undefined;
    if (!price) continue;
    totals.set(price.currency, (totals.get(price.currency) ?? 0) + price.micros * recipients);
  }
  for (const { line, micros, currency } of byLine(campaign, recipients))
    totals.set(currency, (totals.get(currency) ?? 0) + Math.min(micros, campaign.budget?.lines[line]?.micros ?? 0));
  return [...totals]
    .map(([currency, micros]) => ({ currency, micros }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}

/** What the codes of each line can cost together. */
function byLine(campaign: ResolvedCampaign, recipients: number): { line: string; currency: string; micros: number }[] {
  const lines = new Map<string, { line: string; currency: string; micros: number }>();
  for (const { line, atMost } of promotionsAtMost(campaign, recipients)) {
    const before = lines.get(line)?.micros ?? 0;
    lines.set(line, { line, currency: atMost.currency, micros: before + atMost.micros });
  }
  return [...lines.values()];
}
