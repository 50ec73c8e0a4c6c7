import fc from 'fast-check';
import type {
  ArmStatistics,
  CheckpointEvidence,
  ExperimentPlan,
  MetricMeasurement,
  MetricPlan,
} from '../../decisions/evidence';

/** Sufficient statistics of single values, counted one by one. */
export function statisticsOf(values: readonly number[]): ArmStatistics {
  const sum = (of: (value: number) => number) => values.reduce((total, value) => total + of(value), 0);
  return { n: values.length, sum: sum((value) => value), sumSquares: sum((value) => value * value) };
}

/** `events` of `n` recipients. */
export function share(events: number, n: number): ArmStatistics {
  return { n, sum: events, sumSquares: events };
}

export const conversion: MetricPlan = { name: 'conversion', role: 'success', kind: 'proportion', goodDirection: 'up' };
export const unsubscribe: MetricPlan = {
  name: 'unsubscribe',
  role: 'guardrail',
  kind: 'proportion',
  goodDirection: 'down',
  margin: { kind: 'relative', value: 0.5 },
};
export const complaint: MetricPlan = {
  name: 'complaint',
  role: 'guardrail',
  kind: 'rate-limit',
  goodDirection: 'down',
  max: 0.003,
  alpha: 0.01,
  onFail: 'abort',
};

export const twoArms: ExperimentPlan = {
  goal: 'learn',
  method: 'group-sequential',
  alpha: 0.05,
  alphaAbort: 0.05,
  power: 0.8,
  maxRecipients: 40_000,
  arms: ['a', 'b'],
  control: 'a',
};

/** One measured metric. */
export function measured(metric: string, arms: Record<string, ArmStatistics>): MetricMeasurement {
  return { metric, status: 'measured', arms };
}

/** A checkpoint at which nothing is wrong, with what is given changed. */
export function evidence(changes: Partial<CheckpointEvidence> = {}): CheckpointEvidence {
  return {
    experiment: twoArms,
    metrics: [conversion],
    measurements: [],
    quality: { assigned: [], srmAlpha: 0.001, srmMethod: 'sequential', mustHaveData: false },
    looks: [],
    final: false,
    requireGuardrails: 'notFailed',
    ...changes,
  };
}

export const methods = ['group-sequential', 'always-valid', 'fixed', 'bandit'] as const;

/** A share measured in 0 to `most` recipients. */
export const anyShare = (most = 20_000) => fc.nat(most).chain((n) => fc.nat(n).map((events) => share(events, n)));
