/** What would have changed a decision: the counterfactual that a person asks for first. */
import type { CheckpointState, MetricVerdict, ObjectiveVerdict, QualityFinding } from './judgement';
import { countInWords, differenceInWords, shareInWords, valueInWords } from './words';

/** More than this many times the recipients is no advice. */
const SENSIBLE = 100;

export interface Decided {
  state: CheckpointState;
  verdicts: readonly MetricVerdict[];
  quality: readonly QualityFinding[];
  objectives: readonly ObjectiveVerdict[];
}

/** Sentences, the most telling first; empty only where nothing was measured at all. */
export function whatWouldChange({ state, verdicts, quality, objectives }: Decided): string[] {
  const acting = verdicts.filter(({ role }) => role !== 'observe');
  const flaws = quality
    .filter(({ ok }) => !ok)
    .map(({ reason }) => `with this put right it could be judged: ${reason}`);
  const failed = acting.filter(({ verdict, role }) => verdict === 'fail' && role !== 'success').map(toFailNoMore);
  const missed = objectives
    .filter(({ verdict }) => verdict === 'fail')
    .map(
      ({ objective, forecast }) =>
        `${objective} would not have failed with a probability above its limit (now ${shareInWords(forecast.probability ?? 0)})`,
    );
  if (state === 'pass') return acting.filter(({ verdict }) => verdict === 'pass').flatMap(roomLeft);
  const errors = acting
    .filter(({ verdict }) => verdict === 'error')
    .map(({ reason }) => `a measurement that can be taken: ${reason}`);
  const open = acting
    .filter(({ verdict, role }) => verdict === 'inconclusive' || (verdict === 'fail' && role === 'success'))
    .flatMap(toPass);
  return [...new Set([...failed, ...missed, ...flaws, ...errors, ...open])];
}

const nameOf = ({ metric, arm }: MetricVerdict): string => `${metric} of ${arm}`;

/** The bound that the passing side of a verdict used, and whether good lies above it. */
function passingBound(verdict: MetricVerdict): { bound: number; passAt: number; up: boolean } | undefined {
  const { passAt, estimate, lower, upper, against } = verdict;
  if (passAt === undefined || estimate === undefined) return undefined;
  const up = against === undefined ? verdict.limit?.max === undefined : verdict.goodDirection === 'up';
  const bound = up ? lower : upper;
  return bound === undefined ? undefined : { bound, passAt, up };
}

function say(verdict: MetricVerdict, value: number): string {
  return verdict.against === undefined ? valueInWords(value, verdict.kind) : differenceInWords(value, verdict.kind);
}

function toPass(verdict: MetricVerdict): string[] {
  const side = passingBound(verdict);
  if (!side) return verdict.method === 'none' ? [verdict.reason] : [];
  const { bound, passAt, up } = side;
  const gap = Math.abs(passAt - bound);
  const where = `${nameOf(verdict)} passes with its ${up ? 'lower' : 'upper'} bound ${up ? 'above' : 'below'} ${say(verdict, passAt)}`;
  const more = recipientsMore(verdict, side);
  const size =
    more === undefined
      ? 'no number of recipients does it at this value'
      : `about ${countInWords(more)} more recipients an arm at this value`;
  return [`${where}: ${differenceInWords(gap, verdict.kind)} better, or ${size}`];
}

/** The half-width shrinks with √n; what it has to be is the distance of the estimate from the threshold. */
function recipientsMore(
  { estimate = 0, n = 0 }: MetricVerdict,
  { bound, passAt, up }: { bound: number; passAt: number; up: boolean },
): number | undefined {
  const half = Math.abs(estimate - bound);
  const allowed = up ? estimate - passAt : passAt - estimate;
  if (!(allowed > 0) || !(half > 0) || n === 0) return undefined;
  const factor = (half / allowed) ** 2;
  return factor > SENSIBLE ? undefined : Math.max(1, Math.ceil(n * factor - n));
}

function toFailNoMore(verdict: MetricVerdict): string {
  const { failAt, lower, upper } = verdict;
  if (failAt === undefined) return `${nameOf(verdict)} would have to lie inside its limits`;
  const bound = lower !== undefined && lower > failAt ? lower : upper;
  if (bound === undefined) return `${nameOf(verdict)} would have to lie inside its limits`;
  return `${nameOf(verdict)} would not have failed ${differenceInWords(Math.abs(bound - failAt), verdict.kind)} ${bound > failAt ? 'lower' : 'higher'}`;
}

function roomLeft(verdict: MetricVerdict): string[] {
  const side = passingBound(verdict);
  if (!side) return [];
  const room = differenceInWords(Math.abs(side.bound - side.passAt), verdict.kind);
  return [`${nameOf(verdict)} would not have passed ${room} ${side.up ? 'lower' : 'higher'}`];
}
