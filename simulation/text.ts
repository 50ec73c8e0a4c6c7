/** A simulation as plain text, for a terminal. */

import type { CheckpointDecisionReport } from '../reports/measured-report';
import { oneLine } from '../reports/one-line';
import { sentOf } from './expectations';
import type { SimulatedRun, Simulation } from './result';
import { customerLines, journeyLines, programLines } from './standing-text';
import { countInWords, dayOf, moneyInWords, numbersOf, radiusInWords, shareInWords } from './words';

/** One run in full; of several, a table of what each came to. Ends without a line break. */
export function renderSimulationText(simulation: Simulation): string {
  const { campaign, scenario, runs, assumptions } = simulation;
  const [first] = runs;
  const lines = [
    `SIMULATION  ${campaign.name}`,
    `${campaign.id}, scenario ${scenario.name}, seed ${runs.map(({ seed }) => seed).join(', ')}`,
    scenario.description,
    ...(first
      ? runs.length === 1
        ? runLines(simulation, first)
        : [...radiusLines(simulation, first), ...tableOfRuns(runs)]
      : []),
    ...expectationLines(simulation),
    '',
    'ASSUMED',
    ...assumptions.map((each) => `  ${each}`),
  ];
  return lines.map(oneLine).join('\n');
}

function runLines(simulation: Simulation, run: SimulatedRun): string[] {
  const say = dayOf(simulation, run.start);
  return [
    ...radiusLines(simulation, run),
    '',
    'WHAT HAPPENS',
    ...run.timeline.map(({ at, what }) => `  ${say(at).padEnd(13)} ${what}`),
    '',
    `ENDS ${run.ends}${run.reason === undefined ? '' : `: ${run.reason}`}`,
    ...outcomeLines(run),
    ...customerLines(run),
    ...journeyLines(run),
    ...programLines(run),
    ...sendLines(run, say),
    ...bookLines(run),
    ...visitorLines(run),
    ...decisionLines(run, say),
    ...moneyLines(run),
    ...objectiveLines(run),
  ];
}

function radiusLines(simulation: Simulation, run: SimulatedRun): string[] {
  return [
    '',
    'BLAST RADIUS',
    ...radiusInWords(run.blastRadius, dayOf(simulation, run.start)).map((line) => `  ${line}`),
  ];
}

function outcomeLines({ outcomes }: SimulatedRun): string[] {
  return outcomes.map(({ step, winner, chosen, recipientsUntilDecision }) => {
    const claim = winner === undefined ? 'no lift is claimed' : `${winner} wins`;
    const rest = chosen === undefined ? 'nothing is chosen' : `the rest gets ${chosen}`;
    const after = recipientsUntilDecision === undefined ? '' : ` after ${countInWords(recipientsUntilDecision)} people`;
    return `  ${step}: ${claim}, ${rest}${after}`;
  });
}

function sendLines({ waves, journeys }: SimulatedRun, say: (at: string) => string): string[] {
  if (waves.length === 0 || journeys) return [];
  return [
    '',
    'SENT',
    ...waves.map(({ step, wave, releasedAt, arms }) => {
      const shares = Object.entries(arms).map(([arm, { members, sent }]) =>
        arm === 'holdout' ? `held out ${countInWords(members)}` : `${arm} ${countInWords(sent)}`,
      );
      return `  ${step}, wave ${wave}  ${say(releasedAt)}  ${shares.join('  ')}`;
    }),
  ];
}

function bookLines({ steps, balanced }: SimulatedRun): string[] {
  if (steps.length === 0) return [];
  return [
    '',
    'BOOKS',
    ...steps.map(({ id, books }) => {
      const { targeted, ...places } = books;
      const named = Object.entries(places).filter(([, count]) => count > 0);
      return `  ${id}: ${countInWords(targeted)} = ${named.map(([place, count]) => `${countInWords(count)} ${place}`).join(' + ') || 0}`;
    }),
    `  ${balanced ? '✔ every member has one outcome' : '✖ the books do not balance'}`,
  ];
}

function visitorLines({ visitors }: SimulatedRun): string[] {
  return visitors.flatMap(({ step, arms }) => [
    '',
    `VISITORS of ${step}`,
    ...Object.entries(arms).map(
      ([arm, { exposed, converted }]) =>
        `  ${arm}: ${countInWords(exposed)} took part, ${countInWords(converted)} converted (${shareInWords(exposed === 0 ? 0 : converted / exposed)})`,
    ),
  ]);
}

function decisionLines({ measured }: SimulatedRun, say: (at: string) => string): string[] {
  if (measured.decisions.length === 0) return [];
  return ['', 'DECISIONS', ...measured.decisions.flatMap((decision) => oneDecision(decision, say))];
}

function oneDecision(decision: CheckpointDecisionReport, say: (at: string) => string): string[] {
  const { id, at, state, reason, verdicts, quality, fraction, alphaSpent, wouldChange, actions } = decision;
  const spent =
    fraction === undefined
      ? ''
      : ` (information ${shareInWords(fraction)}, alpha spent ${shareInWords(alphaSpent ?? 0)})`;
  return [
    `  ${id}  ${say(at)}  ${state.toUpperCase()}${spent}`,
    ...(verdicts.length === 0 ? [`    ${reason}`] : []),
    ...verdicts.flatMap((verdict) => [`    ${verdict.reason}`, `      ${numbersOf(verdict)}`]),
    ...quality.filter(({ ok }) => !ok).map((finding) => `    quality: ${finding.reason}`),
    ...wouldChange.map((change) => `    would change it: ${change}`),
    ...actions.map(({ action, actor, isOverride }) => `    → ${action}${isOverride ? ` (${actor} decided)` : ''}`),
  ];
}

function moneyLines({ money, budget, journeys }: SimulatedRun): string[] {
  return [
    '',
    'MONEY, once everything has come in',
    `  sending cost ${moneyInWords(money.spent)}`,
    ...money.arms
      .filter(({ orders, revenue }) => orders > 0 || revenue.length > 0)
      .map(
        ({ step, arm, sent, orders, revenue, refunds }) =>
          `  ${journeys ? step : `${step}, ${arm}`}: ${countInWords(orders)} orders of ${countInWords(sent)} people, ${moneyInWords(revenue)}${refunds.length > 0 ? `, ${moneyInWords(refunds)} given back` : ''}`,
      ),
    ...budget.map(({ line, from, to }) =>
      from.micros === to.micros
        ? `  budget ${line}: ${moneyInWords([to])}`
        : `  budget ${line}: ${moneyInWords([from])} became ${moneyInWords([to])}`,
    ),
  ];
}

function objectiveLines({ measured }: SimulatedRun): string[] {
  if (measured.objectives.length === 0) return [];
  return [
    '',
    'OBJECTIVES',
    ...measured.objectives.map(({ id, reached, target, currency }) => {
      const say = (value: number) =>
        currency === undefined ? countInWords(value) : moneyInWords([{ currency, micros: value }]);
      return `  ${reached >= target ? '✔' : '✖'} ${id}: ${say(reached)} of ${say(target)}`;
    }),
  ];
}

function tableOfRuns(runs: readonly SimulatedRun[]): string[] {
  const rows = runs.map((run) => [
    String(run.seed),
    run.ends,
    run.outcomes.map(({ winner }) => winner ?? '–').join(', ') || '–',
    run.outcomes.map(({ chosen }) => chosen ?? '–').join(', ') || '–',
    run.outcomes
      .map((outcome) =>
        outcome.recipientsUntilDecision === undefined ? '–' : countInWords(outcome.recipientsUntilDecision),
      )
      .join(', ') || '–',
    countInWords(sentOf(run)),
  ]);
  const head = ['seed', 'ends', 'winner', 'chosen', 'until decided', 'sent'];
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  return ['', 'RUNS', line(head), ...rows.map(line), ...tallyOf(runs)];
}

function tallyOf(runs: readonly SimulatedRun[]): string[] {
  const counts = new Map<string, number>();
  for (const run of runs) {
    const winner = run.outcomes.map((outcome) => outcome.winner ?? 'nobody').join(', ');
    const key = winner === '' ? run.ends : `${run.ends}, winner ${winner}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => `  ${count} of ${runs.length}: ${key}`);
}

function expectationLines({ expectations, runs }: Simulation): string[] {
  if (expectations.length === 0) return [];
  const seed = (expectation: { seed: number }) => (runs.length > 1 ? `seed ${expectation.seed}: ` : '');
  return [
    '',
    'EXPECTED',
    ...expectations.map(
      (each) => `  ${each.met ? '✔' : '✖'} ${seed(each)}${each.what}${each.met ? '' : ` – found: ${each.found}`}`,
    ),
  ];
}
