/** Measuring and deciding in words of one language, as tables: what the report's page shows of it. */
import { type Language, type MessageKey, translator } from '../i18n/catalogue';
import { formatCount, formatMoment, formatMoney, formatShare } from '../i18n/format';
import type { Interval, MeasuredReport, VerdictReport } from './measured-report';
import type { Table } from './report-view';

export interface MeasuredSection {
  title: string;
  /** Said before the table. */
  notes: string[];
  table: Table;
}

/** Sections that have something to say, in the order in which people ask. */
export function viewMeasured(
  measured: MeasuredReport,
  { language, timeZone }: { language: Language; timeZone: string },
): MeasuredSection[] {
  const say = translator(language);
  const words = (...keys: MessageKey[]) => keys.map((key) => say(key));
  const moment = (at: string) => formatMoment(language, at, timeZone);
  const amount = (value: number, currency: string | undefined) =>
    currency === undefined
      ? formatCount(language, Math.round(value))
      : formatMoney(language, { currency, micros: value });
  const number = numberFormat(language);
  const { objectives, decisions, epochs, holdout, feedback } = measured;
  const overrides = decisions.flatMap(({ id, actions }) =>
    actions
      .filter(({ isOverride }) => isOverride)
      .map(({ actor, at, note = '' }) => say('report.override', { id, who: actor, at: moment(at), note })),
  );
  const sections: MeasuredSection[] = [
    {
      title: say('report.objectives'),
      notes: [],
      table: {
        head: words('report.objective', 'report.reached', 'report.target', 'report.probability', 'report.by'),
        rows: objectives.map(({ id, reached, target, currency, probability, by }) => [
          id,
          amount(reached, currency),
          amount(target, currency),
          probability === undefined ? '–' : formatShare(language, probability),
          moment(by),
        ]),
      },
    },
    {
      title: say('report.checkpoints'),
      notes: [...epochs.map(({ step, epochs: count }) => say('report.epochs', { step, count })), ...overrides],
      table: {
        head: words('report.checkpoint', 'report.timeline.at', 'report.verdict', 'report.winner', 'report.action'),
        rows: decisions.map(({ id, at, state, winner, actions }) => [
          id,
          moment(at),
          say(`report.state.${stateOf(state)}`),
          winner ?? '–',
          actions.map(({ action, actor, isOverride }) => (isOverride ? `${action} (${actor})` : action)).join(', ') ||
            '–',
        ]),
      },
    },
    {
      title: say('report.comparisons'),
      notes: [],
      table: {
        head: words(
          'report.checkpoint',
          'report.metric',
          'report.arm',
          'report.value',
          'report.difference',
          'report.verdict',
        ),
        rows: decisions.flatMap(({ id, verdicts }) =>
          verdicts.map((verdict) => [
            id,
            verdict.metric,
            verdict.arm,
            valueText(verdict, number),
            intervalText(verdict, number),
            say(`report.state.${stateOf(verdict.verdict)}`),
          ]),
        ),
      },
    },
    {
      title: say('report.holdout'),
      notes: [],
      table: {
        head: words('report.metric', 'report.perHead', 'report.incremental', 'report.return', 'report.verdict'),
        rows: holdout.map(({ step, metric, perHead, incremental, returnOnInvestment, verdict }) => [
          `${step}, ${metric}`,
          intervalText(perHead ?? {}, number),
          intervalText(incremental ?? {}, number),
          intervalText(returnOnInvestment ?? {}, number),
          say(`report.lift.${liftOf(verdict)}`),
        ]),
      },
    },
    {
      title: say('report.feedback'),
      notes: [],
      table: {
        head: words('report.timeline.at', 'report.from', 'report.score', 'report.words'),
        rows: feedback.map(({ at, fromWhom, score, words: said }) => [
          moment(at),
          say(`report.from.${fromWhom}`),
          score === undefined ? '–' : `${score}/5`,
          said,
        ]),
      },
    },
  ];
  return sections.filter(({ table }) => table.rows.length > 0);
}

const states = ['pass', 'fail', 'invalid', 'error', 'inconclusive', 'recorded'] as const;

function stateOf(state: string): (typeof states)[number] {
  return states.find((known) => known === state) ?? 'inconclusive';
}

const lifts = ['gain', 'loss', 'pays', 'loses', 'inconclusive'] as const;

function liftOf(verdict: string): (typeof lifts)[number] {
  return lifts.find((known) => known === verdict) ?? 'inconclusive';
}

type Numbers = (value: number) => string;

function numberFormat(language: Language): Numbers {
  const format = new Intl.NumberFormat(language === 'es' ? 'es-ES' : 'en-GB', { maximumSignificantDigits: 4 });
  return (value) => format.format(value);
}

function valueText({ armValue, n }: VerdictReport, number: Numbers): string {
  return armValue === undefined ? '–' : `${number(armValue)} (n ${number(n ?? 0)})`;
}

function intervalText({ estimate, lower, upper }: Interval, number: Numbers): string {
  if (estimate === undefined) return '–';
  const bound = (value: number | undefined) => (value === undefined ? '…' : number(value));
  return `${number(estimate)} [${bound(lower)}; ${bound(upper)}]`;
}
