/** What a campaign brought against those who got nothing. */

import type { ArmStatistics } from '../decisions/evidence';
import { type HoldoutLift, type HoldoutReturn, holdoutLift, holdoutReturn } from '../decisions/holdout';
import type { ResolvedCampaign } from '../definition/resolved';
import type { Database } from '../ledger/database';
import { type MeasuredArm, measureMetrics } from '../ledger/measuring';

export interface HoldoutReport {
  step: string;
  metric: string;
  /** Currency of money; absent for shares and counts. */
  currency?: string;
  treated: number;
  heldOut: number;
  /** Absent, with the reason, where nothing can be said. */
  lift?: HoldoutLift | HoldoutReturn;
  reason?: string;
}

/**
 * Lift over the holdout for every success metric of every delivery step, on members whose window has closed.
 * @param cost what the sending cost, in units of its currency
 */
export async function holdoutReports(
  database: Database,
  {
    campaign,
    runNo,
    now,
    cost,
  }: { campaign: ResolvedCampaign; runNo: number; now: Date; cost?: { currency: string; amount: number } },
): Promise<HoldoutReport[]> {
  const metrics = (campaign.metrics ?? []).filter(
    ({ role, kind, from }) => role === 'success' && (kind === 'proportion' || kind === 'mean') && 'events' in from,
  );
  if (campaign.audience.holdout === 0 || metrics.length === 0) return [];
  const reports: HoldoutReport[] = [];
  for (const { id: step, kind } of campaign.steps) {
    if (kind !== 'email') continue;
    const measuredHere = metrics.filter(({ steps }) => steps === undefined || steps.includes(step));
    const measured = await measureMetrics(database, { runNo, step, now, metrics: measuredHere });
    for (const metric of measuredHere) {
      const { holdout, ...arms } = measured.get(metric.name)?.arms ?? {};
      const treated = Object.values(arms).reduce<ArmStatistics>(added, { n: 0, sum: 0, sumSquares: 0 });
      const base = { step, metric: metric.name, ...(metric.cap && { currency: metric.cap.currency }) };
      const counts = { treated: treated.n, heldOut: holdout?.n ?? 0 };
      if (!holdout) {
        reports.push({ ...base, ...counts, reason: 'nobody of the holdout has been measured yet' });
        continue;
      }
      const groups = { kind: metric.kind as 'proportion' | 'mean', treated, holdout: statisticsOf(holdout) };
      const isPaid = metric.kind === 'mean' && cost !== undefined && cost.currency === metric.cap?.currency;
      const lift = isPaid ? holdoutReturn({ ...groups, cost: cost.amount, margin: 1 }) : holdoutLift(groups);
      reports.push(
        lift.status === 'estimated' ? { ...base, ...counts, lift } : { ...base, ...counts, reason: lift.reason },
      );
    }
  }
  return reports;
}

function statisticsOf({ n, sum, sumSquares }: MeasuredArm): ArmStatistics {
  return { n, sum, sumSquares };
}

function added(total: ArmStatistics, arm: MeasuredArm): ArmStatistics {
  return { n: total.n + arm.n, sum: total.sum + arm.sum, sumSquares: total.sumSquares + arm.sumSquares };
}
