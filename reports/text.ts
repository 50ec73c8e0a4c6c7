import type { Language } from '../i18n/catalogue';
import { oneLine } from './one-line';
import { type Bars, type LabelledValue, type StepView, type Table, type TableView, viewReport } from './report-view';
import type { RunReport } from './run-report';

/** The report as plain text of at most about 100 columns, for a terminal or a mail. Ends without a line break. */
export function renderReportText(report: RunReport, language: Language): string {
  const view = viewReport(report, language);
  return [
    `${view.phase.toUpperCase()}  ${view.campaign}`,
    ...view.alerts.map((alert) => `✖ ${alert}`),
    '',
    ...labelled(view.facts),
    ...view.steps.flatMap(stepLines),
    ...[view.promotions, view.money, view.program].flatMap((part) => (part ? tableLines(part) : [])),
    '',
    view.headings.decisions,
    ...(view.decisions.length === 0 ? [`  ${view.headings.none}`] : []),
    ...view.decisions.flatMap(({ line, via, note }) => [
      `  ${line} · ${via}`,
      ...(note === undefined ? [] : [`    “${note}”`]),
    ]),
    '',
    view.headings.timeline,
    ...view.timeline.map(({ at, what }) => `  ${at}  ${what}`),
    ...(view.audit === undefined ? [] : ['', `✔ ${view.audit}`]),
  ]
    .map(oneLine)
    .join('\n');
}

function stepLines(step: StepView): string[] {
  const { title, isBalanced, balance, books, rates, arms, refusals, overTime, zones } = step;
  return [
    '',
    title.toUpperCase(),
    ...bars(books),
    `  ${isBalanced ? '✔' : '✖'} ${balance}`,
    '',
    ...labelled(rates),
    '',
    ...table(arms),
    ...(refusals ? ['', ...table(refusals)] : []),
    ...(overTime ? ['', overTime.title, ...bars(overTime)] : []),
    ...(zones.points.length > 0 ? ['', zones.title, ...bars(zones)] : []),
  ];
}

function tableLines({ title, lines, table: shown }: TableView): string[] {
  return ['', title.toUpperCase(), ...lines.map((line) => `  ${line}`), ...table(shown)];
}

function labelled(values: readonly LabelledValue[]): string[] {
  const width = Math.max(...values.map(({ label }) => label.length));
  return values.map(({ label, value }) => `  ${label.padEnd(width)}  ${value}`);
}

const barWidth = 30;

function bars({ points }: Bars): string[] {
  const most = Math.max(1, ...points.map(({ value }) => value));
  const label = Math.max(...points.map((point) => point.label.length));
  const shown = Math.max(...points.map((point) => point.shown.length));
  return points.map((point) => {
    const bar = '█'.repeat(point.value <= 0 ? 0 : Math.max(1, Math.round((point.value / most) * barWidth)));
    return `  ${point.label.padEnd(label)}  ${point.shown.padStart(shown)}  ${bar}`.trimEnd();
  });
}

function table({ head, rows }: Table): string[] {
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [head, ...rows].map((row) =>
    `  ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd(),
  );
}
