/** The verdict on one arm alone, against an absolute limit of the file. Shares are judged exactly, numbers always-validly. */
import { alwaysValidInterval } from './always-valid';
import type { ArmMeasurement, CheckpointEvidence, MetricPlan } from './evidence';
import type { BareVerdict } from './judgement';
import type { Levels } from './levels';
import { priorAt, rateInterval } from './rate-limit';
import { estimateArm, isShare } from './statistics';
import { verdictOfLimit } from './verdict';

/** Recipients at which a group without experiment is most expected to be decided. */
const USUAL_SIZE = 10_000;
const LEAST_UNITS = 100;

export interface LimitInput {
  evidence: Pick<CheckpointEvidence, 'experiment'>;
  levels: Pick<Levels, 'limit'>;
  metric: MetricPlan;
  arm: string;
  measured: ArmMeasurement | undefined;
}

/** Judges one arm. Valid at every look, whatever the method of the experiment. */
export function judgeLimit(input: LimitInput): BareVerdict {
  const { metric, arm, measured } = input;
  const { name, kind, min, max } = metric;
  if (!measured || measured.n === 0) return unjudged(input, `${name}: nobody has been measured in ${arm} yet`);
  const alpha = input.levels.limit(metric);
  const bounds = isShare(kind) ? exact(measured, { alpha, limit: max ?? min }) : asymptotic(input, { measured, alpha });
  if ('why' in bounds) return unjudged(input, `${name} of ${arm}: ${bounds.why}`);
  const { lower, upper } = bounds;
  // a range has no single threshold
  const only = min !== undefined && max !== undefined ? undefined : (max ?? min);
  return {
    metric: name,
    role: metric.role,
    kind,
    goodDirection: metric.goodDirection,
    arm,
    limit: { min, max },
    verdict: verdictOfLimit({ lower, upper }, metric),
    method: bounds.method,
    estimate: bounds.estimate,
    standardError: bounds.standardError,
    lower,
    upper,
    passAt: only,
    failAt: only,
    armValue: bounds.estimate,
    alpha,
    alphaFail: alpha,
    n: measured.n,
    events: isShare(kind) ? measured.sum : undefined,
  };
}

function unjudged({ metric, arm, measured }: LimitInput, why: string): BareVerdict {
  const { name, role, kind, goodDirection, min, max } = metric;
  const limit = { min, max };
  const n = measured?.n ?? 0;
  return { metric: name, role, kind, goodDirection, arm, limit, verdict: 'inconclusive', method: 'none', n, why };
}

interface Bounds {
  method: 'beta-binomial' | 'always-valid';
  estimate: number;
  standardError?: number;
  lower: number;
  upper: number;
}

function exact({ n, sum }: ArmMeasurement, { alpha, limit }: { alpha: number; limit: number | undefined }): Bounds {
  const prior = limit !== undefined && limit > 0 && limit < 1 ? priorAt(limit) : undefined;
  const { lower, upper } = rateInterval({ n, events: sum, alpha, prior });
  return { method: 'beta-binomial', estimate: sum / n, lower, upper };
}

function asymptotic(
  { metric, evidence }: LimitInput,
  { measured, alpha }: { measured: ArmMeasurement; alpha: number },
): Bounds | { why: string } {
  if (measured.n < LEAST_UNITS) return { why: `fewer than ${LEAST_UNITS} matured recipients` };
  const own = estimateArm(metric.kind, measured);
  if (own.status === 'inconclusive') return { why: own.reason };
  if (!(own.variance > 0)) return { why: 'nothing varies yet: every recipient gave the same value' };
  const { experiment } = evidence;
  const nStar = experiment ? experiment.maxRecipients / experiment.arms.length : USUAL_SIZE;
  const standardError = Math.sqrt(own.variance);
  const { lower, upper } = alwaysValidInterval({
    estimate: own.value,
    standardError,
    n: measured.n,
    nStar,
    alpha,
    sides: 1,
  });
  return { method: 'always-valid', estimate: own.value, standardError, lower, upper };
}
