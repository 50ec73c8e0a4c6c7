/** How many standard errors a bound stands away from the estimate, by the declared method and the looks taken so far. */
import { alwaysValidCritical } from './always-valid';
import type { ExperimentPlan, Look, LookOfComparison, Spending } from './evidence';
import { sequentialLook } from './group-sequential';
import type { VerdictMethod } from './judgement';
import { studentUpperQuantile } from './special/beta';
import { normalUpperQuantile } from './special/normal';

export interface Question {
  experiment: ExperimentPlan;
  metric: string;
  arm: string;
  looks: readonly Look[];
  final: boolean;
  /** Matured recipients over the planned maximum. */
  fraction: number;
  information: number;
  /** Recipients of both arms. */
  n: number;
  /** Of a mean judged at a fixed horizon. */
  degrees?: number;
  corrected: boolean;
}

export interface Critical {
  method: VerdictMethod;
  /** Absent: no bound can be given at this look. */
  value?: number;
  /** Why there is none. */
  reason?: string;
  /** Share of the level spent so far. */
  spent: number;
  exhausted: boolean;
  look: LookOfComparison;
}

/** Harm is dearest early: its level is spent evenly, not late. */
const EVENLY: Spending = { kind: 'power', phi: 1 };
const OBRIEN_FLEMING: Spending = { kind: 'obrien-fleming' };

/** Recipients of two arms at which one most expects to decide: their part of the planned maximum. */
export function expectedSize({ maxRecipients, arms }: ExperimentPlan): number {
  return (2 * maxRecipients) / arms.length;
}

/**
 * Critical value of a claim (a success, a guardrail that holds). `alpha` is of both sides together for `sides` 2. Once the
 * level is spent there is none: nothing more may be claimed in this epoch.
 */
export function claimCritical(question: Question, { alpha, sides }: { alpha: number; sides: 1 | 2 }): Critical {
  const { experiment } = question;
  if (experiment.method === 'always-valid' || experiment.method === 'bandit' || question.corrected)
    return alwaysValid(question, { alpha, sides });
  const both = Math.min(0.999, sides === 2 ? alpha : 2 * alpha);
  return experiment.method === 'fixed'
    ? fixed(question, both)
    : groupSequential(question, { both, spending: experiment.spending ?? OBRIEN_FLEMING });
}

/** Critical value of a failure, one-sided; it never runs out, since harm must be seen whenever it shows. */
export function harmCritical(question: Question, alpha: number): Critical {
  const { experiment } = question;
  if (experiment.method === 'group-sequential' && !question.corrected) {
    const sequential = groupSequential(question, { both: Math.min(0.999, 2 * alpha), spending: EVENLY });
    if (!sequential.exhausted) return sequential;
  }
  return alwaysValid(question, { alpha, sides: 1 });
}

function ownLooks({ looks, metric, arm }: Question): LookOfComparison[] {
  return looks.flatMap(({ comparisons, final }) => {
    const own = comparisons[metric]?.[arm];
    return own ? [{ ...own, fraction: final ? 1 : own.fraction }] : [];
  });
}

const plainLook = ({ fraction, information }: Question): LookOfComparison => ({
  fraction: Math.min(1, fraction),
  information,
});

function alwaysValid(question: Question, { alpha, sides }: { alpha: number; sides: 1 | 2 }): Critical {
  const { n, experiment, corrected } = question;
  const value = alwaysValidCritical({ n, nStar: expectedSize(experiment), alpha, sides });
  const method = corrected ? 'propensity-corrected' : 'always-valid';
  return { method, value, spent: 0, exhausted: false, look: plainLook(question) };
}

function fixed(question: Question, both: number): Critical {
  const { final, degrees, information } = question;
  const method = degrees === undefined ? 'fixed-z' : 'fixed-welch';
  const look = plainLook(question);
  if (!final) return { method, reason: 'a fixed horizon claims at its end only', spent: 0, exhausted: false, look };
  const before = ownLooks({ ...question, looks: question.looks.filter((look) => look.final) }).at(-1);
  if (before && before.information < information * (1 - 1e-9))
    return { method, reason: 'the final look has been taken', spent: 1, exhausted: true, look };
  const value = degrees === undefined ? normalUpperQuantile(both / 2) : studentUpperQuantile(both / 2, degrees);
  return { method, value, spent: 1, exhausted: false, look: { ...look, fraction: 1 } };
}

function groupSequential(question: Question, { both, spending }: { both: number; spending: Spending }): Critical {
  const { bound, spent, exhausted, fraction, information } = sequentialLook({
    alpha: both,
    spending,
    earlier: ownLooks(question),
    fraction: question.final ? 1 : question.fraction,
    information: question.information,
  });
  const look = { fraction, information };
  if (exhausted)
    return {
      method: 'group-sequential',
      reason: 'all of alpha has been spent; a new epoch is needed',
      spent,
      exhausted,
      look,
    };
  return bound === undefined
    ? { method: 'group-sequential', reason: 'too early: nothing to spend at this look', spent, exhausted, look }
    : { method: 'group-sequential', value: bound, spent, exhausted, look };
}
