import type { Money, ResolvedCampaign } from './resolved';

export interface CostFacts {
  /** Targeted members that are not held out: the most that any step can reach. */
  recipients: number;
  /** By platform. */
  costPerMessage: Readonly<Record<string, Money | undefined>>;
}

/** The most that a run can cost: every delivery step to every recipient. One entry a currency, sorted; free platforms add nothing. */
export function costAtMost(campaign: ResolvedCampaign, { recipients, costPerMessage }: CostFacts): Money[] {
  const totals = new Map<string, number>();
  for (const step of campaign.steps) {
    const price = step.kind === 'email' ? costPerMessage[step.email.platform] : undefined;
    if (!price) continue;
    totals.set(price.currency, (totals.get(price.currency) ?? 0) + price.micros * recipients);
  }
  return [...totals]
    .map(([currency, micros]) => ({ currency, micros }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
}
