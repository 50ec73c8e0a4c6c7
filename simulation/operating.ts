/** The decision rules of a plan alone, as `operatingCharacteristics` plays them: what of the file and the scenario it needs. */

import type { ExperimentPlan } from '../decisions/evidence';
import {
  type OperatingCharacteristics,
  type OperatingInput,
  operatingCharacteristics,
  type SimulatedShare,
} from '../decisions/operating-characteristics';
import { countInWords, shareInWords } from '../decisions/words';
import type { Rate as WorldRate } from '../decisions/worlds';
import { experimentOf, metricsOf } from '../definition/epoch';
import { metricPlan } from '../definition/metric-plan';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import type { MetricEvent, ResolvedMetric, RolloutEntry } from '../definition/resolved-measuring';
import { microsPerUnit } from '../definition/written/money';
import type { Reaction, Scenario } from './scenario/schema';

export interface StepCharacteristics {
  step: string;
  looks: number[];
  maxRecipients: number;
  outcome?: OperatingCharacteristics;
  /** Why nothing can be said of this step. */
  reason?: string;
}

type ComparingStep = ResolvedStepOf<'email'> | ResolvedStepOf<'experiment'>;

/** For each step that compares arms. */
export function characteristicsOf(
  campaign: ResolvedCampaign,
  scenario: Scenario,
  { seed, reps }: { seed: number; reps: number },
): StepCharacteristics[] {
  return campaign.steps.flatMap((step): StepCharacteristics[] => {
    if ((step.kind !== 'email' && step.kind !== 'experiment') || !experimentOf(step)) return [];
    const looks = looksOf(step.rollout ?? []);
    const plan = planOf(campaign, step, scenario);
    const base = { step: step.id, looks, maxRecipients: plan?.experiment.maxRecipients ?? 0 };
    if (looks.length === 0) return [{ ...base, reason: 'no checkpoint looks at it' }];
    if (!plan || plan.metrics.length === 0) return [{ ...base, reason: 'no metric of the book of events measures it' }];
    return [{ ...base, outcome: operatingCharacteristics({ ...plan, looks, seed, reps }) }];
  });
}

/** Share of the members released before each checkpoint. */
function looksOf(rollout: readonly RolloutEntry[]): number[] {
  const looks: number[] = [];
  let released = 0;
  for (const entry of rollout) {
    if (entry.kind === 'checkpoint') {
      if (released > 0 && released > (looks.at(-1) ?? 0)) looks.push(Math.min(1, released));
    } else if (entry.size === 'rest') released = 1;
    else if ('share' in entry.size) released += entry.size.share;
  }
  return looks;
}

function planOf(
  campaign: ResolvedCampaign,
  step: ComparingStep,
  scenario: Scenario,
): Pick<OperatingInput, 'experiment' | 'metrics' | 'baseRates' | 'shares' | 'requireGuardrails'> | undefined {
  const known = experimentOf(step);
  if (!known) return undefined;
  const { goal, method, spending, alpha, alphaAbort, power, minEffect, control, bandit, maxRecipients } = known.rules;
  const people = Math.round(scenario.contacts * (1 - campaign.audience.holdout));
  const experiment: ExperimentPlan = {
    goal,
    method,
    spending,
    alpha,
    alphaAbort,
    power,
    ...(minEffect && { minEffect }),
    maxRecipients: maxRecipients ?? people,
    arms: known.arms.map(({ name }) => name),
    control,
    bandit,
  };
  const metrics = metricsOf(campaign.metrics, step.id).filter(({ from }) => 'events' in from);
  const checkpoint = step.rollout?.flatMap((entry) => (entry.kind === 'checkpoint' ? [entry.checkpoint] : []))[0];
  return {
    experiment,
    metrics: metrics.map(metricPlan),
    baseRates: Object.fromEntries(metrics.map((metric) => [metric.name, worldRate(metric, scenario)])),
    shares: Object.fromEntries(known.arms.map(({ name, share }) => [name, share])),
    requireGuardrails: checkpoint?.requireGuardrails === 'non-inferior' ? 'nonInferior' : 'notFailed',
  };
}

const reactionOf: Partial<Record<MetricEvent, Reaction>> = {
  clicked: 'clicked',
  opened: 'opened',
  converted: 'converted',
  revenue: 'converted',
  complained: 'complained',
  unsubscribed: 'unsubscribed',
};

/** Rate of the control by the scenario, within the metric's window. */
function worldRate({ from, window, cap }: ResolvedMetric, { rates }: Scenario): WorldRate {
  const kind = 'events' in from ? reactionOf[from.events] : undefined;
  const rate = kind && rates[kind];
  if (!rate) return { rate: 0 };
  const inTime = 1 - Math.exp(-window / rate.delay);
  const amount = rate.amount &&
    cap && { mean: rate.amount.micros / microsPerUnit, deviation: (rate.spread?.micros ?? 0) / microsPerUnit };
  return { rate: rate.base * inTime, ...(amount && { amount }) };
}

export function renderCharacteristics(
  campaign: Pick<ResolvedCampaign, 'name'>,
  steps: readonly StepCharacteristics[],
): string {
  return [
    `HOW OFTEN THIS PLAN IS WRONG  ${campaign.name}`,
    ...(steps.length === 0 ? ['  no step compares arms'] : steps.flatMap(stepLines)),
  ].join('\n');
}

function stepLines({ step, looks, maxRecipients, outcome, reason }: StepCharacteristics): string[] {
  const heading = [
    '',
    `${step}: ${countInWords(maxRecipients)} recipients, looks at ${looks.map(shareInWords).join(', ')}`,
  ];
  if (!outcome) return [...heading, `  ${reason ?? ''}`];
  const { falsePromotions, falseStops, power, harmCaught, worlds, reps } = outcome;
  const until = (world: string) => worlds.find((each) => each.world === world);
  return [
    ...heading,
    `  (${countInWords(reps)} simulated experiments of each sort, ± is one Monte-Carlo error)`,
    `  no difference: a false winner in ${shown(falsePromotions)}, stopped for nothing in ${shown(falseStops)}`,
    `  ${until('better')?.truth ?? ''}: found in ${shown(power)}, decided after ${countInWords(until('better')?.recipients.median ?? 0)} recipients (median)`,
    ...(harmCaught
      ? [
          `  ${until('harm')?.truth ?? ''}: stopped in ${shown(harmCaught)}${afterHowMany(until('harm')?.recipientsUntilStopped?.median)}`,
        ]
      : ['  nothing in this plan watches for harm']),
  ];
}

function afterHowMany(median: number | undefined): string {
  return median === undefined ? '' : `, after ${countInWords(median)} recipients (median)`;
}

function shown({ share, error }: SimulatedShare): string {
  return `${shareInWords(share)} ± ${shareInWords(error)}`;
}
