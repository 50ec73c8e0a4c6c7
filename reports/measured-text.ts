/** Measuring and deciding as plain text: for a terminal, and for `--decision`. English, as the rest of the command line. */
import type {
  ActionReport,
  CheckpointDecisionReport,
  HoldoutLiftReport,
  Interval,
  MeasuredReport,
  VerdictReport,
} from './measured-report';
import { oneLine } from './one-line';

/** One paragraph for each thing there is something to say about; empty where nothing was measured. */
export function renderMeasuredText(measured: MeasuredReport): string {
  const { decisions, epochs, objectives, holdout, feedback } = measured;
  return [
    ...section(
      'OBJECTIVES',
      objectives.map(({ id, target, currency, reached, probability, by }) => {
        const unit = currency === undefined ? '' : ` ${currency}`;
        const scale = currency === undefined ? 1 : 1_000_000;
        const chance = probability === undefined ? 'no forecast' : `${percent(probability)} likely`;
        return `${id}: ${number(reached / scale)} of ${number(target / scale)}${unit} by ${by}, ${chance}`;
      }),
    ),
    ...section('CHECKPOINTS', decisions.flatMap(decisionLines)),
    ...section(
      'EPOCHS',
      epochs.map(
        ({ step, epochs: count }) =>
          `${step}: its experiment changed while it ran (${count} plans); only the last one’s data back its claims`,
      ),
    ),
    ...section('AGAINST THE HOLDOUT', holdout.map(liftLine)),
    ...section(
      'FEEDBACK',
      feedback.map(
        ({ at, fromWhom, score, words }) =>
          `${at.slice(0, 10)} ${fromWhom}${score === undefined ? '' : ` ${score}/5`}: “${words}”`,
      ),
    ),
  ].join('\n');
}

/** Everything about one decision: numbers, method, revision, actor, and what would have changed it. */
export function renderDecisionText(decision: CheckpointDecisionReport): string {
  const { id, at, state, reason, declared, leader, winner, verdicts, quality, wouldChange, actions } = decision;
  const { fraction, alphaSpent, weights, method, revision, gitCommit } = decision;
  return [
    `${state.toUpperCase()}  ${id}  ${at}`,
    `  ${reason}`,
    `  leader ${leader ?? 'none'}, winner that may be claimed ${winner ?? 'none'}`,
    ...(weights ? [`  weights for the coming waves: ${weightsText(weights)}`] : []),
    '',
    'Numbers',
    ...verdicts.flatMap(verdictLines),
    ...(verdicts.length === 0 ? ['  none'] : []),
    '',
    'Quality of the data',
    ...quality.map(({ ok, check, of, reason: why }) => `  ${ok ? '✔' : '✖'} ${check} (${of}): ${why}`),
    ...(quality.length === 0 ? ['  nothing to check'] : []),
    '',
    'What was done',
    `  the file declares for ${state}: ${declared}`,
    ...actions.map((action) => `  ${actionText(action)}`),
    '',
    'What would have changed it',
    ...wouldChange.map((line) => `  ${line}`),
    ...(wouldChange.length === 0 ? ['  nothing that was measured'] : []),
    '',
    'How',
    `  method ${method}${fraction === undefined ? '' : `, ${percent(fraction)} of the planned information`}${
      alphaSpent === undefined ? '' : `, ${percent(alphaSpent)} of the error spent`
    }`,
    `  revision ${revision}${gitCommit === undefined ? '' : `, commit ${gitCommit}`}`,
  ]
    .map(oneLine)
    .join('\n');
}

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${oneLine(line)}`)];
}

function decisionLines({ id, at, state, reason, actions }: CheckpointDecisionReport): string[] {
  return [`${at}  ${id}  ${state}: ${reason}`, ...actions.map((action) => `    ${actionText(action)}`)];
}

function actionText({ at, actor, isOverride, action, note }: ActionReport): string {
  const who = isOverride ? `OVERRIDE by ${actor}` : actor;
  return `${at}  ${who}: ${action}${note === undefined ? '' : ` “${note}”`}`;
}

function verdictLines(verdict: VerdictReport): string[] {
  const { metric, role, arm, against, method, n, nControl, armValue, controlValue, z, bound, alpha, reason } = verdict;
  const compared = against === undefined ? '' : ` against ${against} ${shown(controlValue)} (n ${number(nControl)})`;
  const details = [
    `${interval(verdict)}`,
    ...(z === undefined ? [] : [`z ${shown(z)} of ${shown(bound)}`]),
    ...(alpha === undefined ? [] : [`level ${shown(alpha)}`]),
    method,
  ];
  return [
    `  ${verdict.verdict.padEnd(12)} ${role} ${metric}, ${arm} ${shown(armValue)} (n ${number(n)})${compared}`,
    `               ${details.join(', ')}`,
    `               ${reason}`,
  ];
}

function liftLine({
  step,
  metric,
  currency,
  treated,
  heldOut,
  perHead,
  incremental,
  returnOnInvestment,
  verdict,
}: HoldoutLiftReport): string {
  const unit = currency === undefined ? '' : ` ${currency}`;
  const figures = [
    ...(perHead ? [`${interval(perHead)}${unit} a head`] : []),
    ...(incremental ? [`incremental ${interval(incremental)}${unit}`] : []),
    ...(returnOnInvestment ? [`return ${interval(returnOnInvestment)}`] : []),
  ].join(', ');
  return `${step}, ${metric}: ${verdict}${figures && `: ${figures}`} (${number(treated)} written to, ${number(heldOut)} held out)`;
}

function interval({ estimate, lower, upper }: Interval): string {
  if (estimate === undefined) return 'no estimate';
  if (lower === undefined && upper === undefined) return shown(estimate);
  return `${shown(estimate)} [${lower === undefined ? '…' : shown(lower)}, ${upper === undefined ? '…' : shown(upper)}]`;
}

function weightsText(weights: Record<string, number>): string {
  return Object.entries(weights)
    .map(([arm, weight]) => `${arm} ${percent(weight)}`)
    .join(', ');
}

function shown(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)));
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : value.toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
