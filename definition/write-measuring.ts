import { eventOfName } from './check/measuring-checks';
import { present } from './present';
import { badEvents, standardFreshness } from './resolve-measuring';
import type { ResolvedCampaign } from './resolved';
import type { Pace, ResolvedMetric } from './resolved-measuring';
import type { WriteInput, WrittenCampaign } from './write-input';
import { writeDuration } from './written/duration';
import { writeEffect } from './written/effect';
import { writeLocalTime } from './written/local-time';
import { writeAmount } from './written/money';
import { readPercentage, writePercentage } from './written/percentage';

type WrittenMetric = NonNullable<WrittenCampaign['metrics']>[number];

export function writeMeasuring({
  campaign,
}: WriteInput): Pick<WrittenCampaign, 'objectives' | 'budget' | 'metrics' | 'tracking'> {
  const { objectives, budget, metrics, schedule } = campaign;
  return present({
    objectives: objectives?.map(({ by, target, currency, ...objective }) => ({
      ...objective,
      target: currency === undefined ? String(target) : writeAmount({ currency, micros: target }),
      by: writeLocalTime(by, schedule.timezone),
    })),
    budget: budget && {
      total: writeAmount(budget.total),
      lines: Object.fromEntries(Object.entries(budget.lines).map(([line, money]) => [line, writeAmount(money)])),
      ...present({ pacing: budget.pacing && writePacing(budget.pacing) }),
    },
    metrics: metrics?.map((metric) => writeMetric(campaign, metric)),
    tracking: writeTracking(campaign),
  });
}

function writePacing(pacing: Record<string, Pace>) {
  return Object.fromEntries(
    Object.entries(pacing).map(([line, { amount, per }]) => [
      line,
      { amount: writeAmount(amount), per: writeDuration(per) },
    ]),
  );
}

function writeMetric(campaign: ResolvedCampaign, metric: ResolvedMetric): WrittenMetric {
  const { name, role, kind, from, per, window, cap, margin, covariate, alpha, usual, max, onFail } = metric;
  const event = 'events' in from ? from.events : undefined;
  const usualDirection = event !== undefined && badEvents.has(event) ? 'down' : 'up';
  return {
    name,
    role,
    kind,
    ...present({
      event: event === eventOfName[name] ? undefined : event,
      source: 'source' in from ? from.source : undefined,
      query: 'source' in from ? from.query?.path : undefined,
      platform: 'platform' in from ? from.platform : undefined,
      flag: 'platform' in from ? from.flag : undefined,
      per,
      steps: writeMeasuredSteps(campaign, metric),
      window: 'platform' in from ? undefined : writeDuration(window),
      goodDirection: metric.goodDirection === usualDirection ? undefined : metric.goodDirection,
      margin: margin && writeEffect(margin),
      max: max === undefined ? undefined : writeLimit(max, metric),
      cap: cap && writeAmount(cap),
      covariate: covariate === undefined ? undefined : writeDuration(covariate),
      alpha: alpha === undefined ? undefined : writePercentage(alpha),
      usual: usual === undefined ? undefined : writePercentage(usual),
      onFail,
      ...writeFreshness(metric),
    }),
  };
}

/** Evaluations are counted for every step on their platform unless the file says otherwise. */
function writeMeasuredSteps({ steps }: ResolvedCampaign, { from, steps: measured }: ResolvedMetric) {
  if (!('platform' in from)) return measured;
  const implied = steps.flatMap((step) =>
    step.kind === 'experiment' && step.experiment.platform === from.platform ? [step.id] : [],
  );
  return implied.join() === measured?.join() ? undefined : measured;
}

function writeFreshness({ fresh, from }: ResolvedMetric): Pick<WrittenMetric, 'events' | 'freshness'> {
  if (!fresh) return {};
  const isOwn = 'source' in from && from.source === fresh.source;
  return present({
    events: isOwn ? undefined : fresh.source,
    freshness: fresh.within === standardFreshness ? undefined : writeDuration(fresh.within),
  });
}

/** As a share, as money, or as a number: the first that is read as this very limit. */
function writeLimit(max: number, { kind, cap }: ResolvedMetric): string {
  const share = writePercentage(max);
  const reading = kind === 'rate-limit' && max <= 1 ? readPercentage(share) : undefined;
  if (reading?.ok && reading.value === max) return share;
  return cap && Number.isInteger(max) ? writeAmount({ currency: cap.currency, micros: max }) : String(max);
}

function writeTracking({ tracking, metrics }: ResolvedCampaign): WrittenCampaign['tracking'] {
  const { clicks, opens } = tracking ?? { clicks: false, opens: false };
  const implied = metrics?.some(({ from }) => 'events' in from && from.events === 'clicked') ?? false;
  if (clicks === implied && !opens) return undefined;
  return { ...present({ clicks: clicks === implied ? undefined : clicks }), opens };
}
