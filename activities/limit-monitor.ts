/** Watches the limits of safety while a wave is sent: exact at every look, so it may look before each batch. */
import { limitBreached } from '../decisions/rate-limit';
import { experimentOf, metricsOf } from '../definition/epoch';
import type { ResolvedCampaign } from '../definition/resolved';
import type { EventKind, ResolvedMetric } from '../definition/resolved-measuring';
import type { Database } from '../ledger/database';
import type { StepRef } from '../ledger/deliveries';
import { monitorCounts } from '../ledger/measuring-counts';
import type { Breach } from './contract';

type Limit = ResolvedMetric & { max: number; from: { events: EventKind } };

/** Level of all limits of all arms together, where no experiment says another. */
const standardAlpha = 0.01;

export class LimitMonitor {
  private readonly limits: Limit[];

  constructor(
    private readonly database: Database,
    private readonly step: StepRef & { campaign: ResolvedCampaign },
  ) {
    this.limits = metricsOf(step.campaign.metrics, step.step).filter(
      (metric): metric is Limit =>
        metric.kind === 'rate-limit' &&
        metric.role !== 'observe' &&
        metric.max !== undefined &&
        'events' in metric.from,
    );
  }

  /** @returns the first limit that the members reached so far show to be exceeded, whatever looks there were before */
  async breached(now: Date): Promise<Breach | undefined> {
    if (this.limits.length === 0) return undefined;
    const kinds = [...new Set(this.limits.map(({ from }) => from.events))];
    const counts = await monitorCounts(this.database, { runNo: this.step.runNo, step: this.step.step, kinds, now });
    for (const { name, from, max, alpha = this.sharedAlpha(), onFail } of this.limits)
      for (const [arm, { n, members }] of Object.entries(counts[from.events] ?? {}))
        if (n >= members && limitBreached({ n, events: members, limit: max, alpha }))
          return {
            metric: name,
            arm,
            aborts: onFail === 'abort',
            detail: `${members} of ${n} (${percent(members / n)}) is more than ${percent(max)}`,
          };
    return undefined;
  }

  /** The error of stopping a healthy campaign is shared out over limits and arms. */
  private sharedAlpha(): number {
    const { campaign, step: stepId } = this.step;
    const step = campaign.steps.find(({ id }) => id === stepId);
    const experiment = step?.kind === 'email' ? experimentOf(step) : undefined;
    return (experiment?.rules.alphaAbort ?? standardAlpha) / (this.limits.length * (experiment?.arms.length ?? 1));
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100_000) / 1000} %`;
}
