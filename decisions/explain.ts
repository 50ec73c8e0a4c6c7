/** Verdicts and decisions in one sentence each. */
import type { Decision } from './decide';
import type { BareVerdict, MetricVerdict } from './judgement';
import { countInWords, differenceInWords, shareInWords, valueInWords } from './words';

/** A verdict with its reason. */
export function explainVerdict({ why, ...verdict }: BareVerdict): MetricVerdict {
  const numbers = sentence(verdict);
  return { ...verdict, reason: [numbers, why].filter((part) => part !== undefined).join('; ') };
}

function sentence(verdict: Omit<BareVerdict, 'why'>): string | undefined {
  if (verdict.method === 'none' || verdict.estimate === undefined) return undefined;
  return verdict.against === undefined ? limitSentence(verdict) : differenceSentence(verdict);
}

/** "complaint of b: 0.09 % (9 of 10,000), between 0.01 % and 0.322 %; at most 0.3 % is allowed" */
function limitSentence({
  metric,
  arm,
  kind,
  estimate = 0,
  lower,
  upper,
  events,
  n = 0,
  limit = {},
}: BareVerdict): string {
  const say = (value: number) => valueInWords(value, kind);
  const count = events === undefined ? '' : ` (${countInWords(events)} of ${countInWords(n)})`;
  const range = lower === undefined || upper === undefined ? '' : `, between ${say(lower)} and ${say(upper)}`;
  const allowed = [
    ...(limit.max === undefined ? [] : [`at most ${say(limit.max)}`]),
    ...(limit.min === undefined ? [] : [`at least ${say(limit.min)}`]),
  ];
  return `${metric} of ${arm}: ${say(estimate)}${count}${range}; ${allowed.join(' and ')} is allowed`;
}

/** "click of b: 6.2 %, of a: 5 %; a difference of 1.2 points (+24 %), between 0.299 points and 2.13 points" */
function differenceSentence(verdict: BareVerdict): string {
  const { metric, arm, against, kind, armValue = 0, controlValue = 0, estimate = 0, lower, upper, relative } = verdict;
  const say = (value: number) => differenceInWords(value, kind);
  const values = `${metric} of ${arm}: ${valueInWords(armValue, kind)}, of ${against ?? ''}: ${valueInWords(controlValue, kind)}`;
  const lift = relative ? ` (${relative.estimate >= 0 ? '+' : ''}${shareInWords(relative.estimate)})` : '';
  const range = lower === undefined || upper === undefined ? '' : `, between ${say(lower)} and ${say(upper)}`;
  return `${values}; a difference of ${say(estimate)}${lift}${range}`;
}

type Explained = Omit<Decision, 'verdicts'> & { verdicts: readonly MetricVerdict[] };

/** Which line of the lattice decided, and by what. */
export function reasonOf(decision: Explained, { compared }: { compared: boolean }): string {
  const { state, quality, objectives, winner, leader } = decision;
  const acting = decision.verdicts.filter(({ role }) => role !== 'observe');
  const first = (word: string): string | undefined =>
    [
      ...acting.filter(({ verdict, role }) => verdict === word && !(word === 'fail' && role === 'success')),
      ...objectives.filter(({ verdict }) => verdict === word),
    ][0]?.reason;
  switch (state) {
    case 'fail':
      return first('fail') ?? 'a guardrail failed';
    case 'invalid':
      return quality.find(({ ok }) => !ok)?.reason ?? 'the data are not to be trusted';
    case 'error':
      return first('error') ?? 'a measurement could not be taken';
    case 'pass': {
      if (winner === undefined && compared && leader !== undefined)
        return `${leader} leads and nothing speaks against going on; no lift is claimed`;
      if (winner === undefined) return 'everything that was asked for holds';
      const claim = acting.find(({ arm, role, verdict }) => arm === winner && role === 'success' && verdict === 'pass');
      return `${winner} wins: ${claim?.reason ?? 'every other arm is worse'}`;
    }
    case 'inconclusive': {
      if (acting.every(({ n = 0 }) => n === 0) && objectives.length === 0) return 'nothing has been measured';
      const futile = acting.find(({ verdict, role }) => verdict === 'fail' && role === 'success');
      return first('inconclusive') ?? futile?.reason ?? 'the data do not say yet';
    }
  }
}
