/** What a trigger or a program came to, as plain text. */
import type { CustomerCounts, JourneysOutcome, SimulatedRun } from './result';
import { countInWords, moneyInWords, shareInWords } from './words';

export function customerLines({ customers }: SimulatedRun): string[] {
  return customers ? ['', 'EVENTS', ...customersInWords(customers).map((line) => `  ${line}`)] : [];
}

export function customersInWords({ events, unacted, orders, revenue, refunds }: CustomerCounts): string[] {
  const back = refunds.length > 0 ? `, ${moneyInWords(refunds)} given back` : '';
  return [
    ...events.map(({ type, count }) => `${countInWords(count)} ${type}`),
    ...unacted.map(({ type, reason, count }) => `✖ ${countInWords(count)} ${type} not acted on: ${reason}`),
    ...(orders === 0 ? [] : [`${countInWords(orders)} orders, ${moneyInWords(revenue)}${back}`]),
  ];
}

export function journeyLines({ journeys }: SimulatedRun): string[] {
  if (!journeys) return [];
  return ['', 'JOURNEYS', ...journeysInWords(journeys).map((line) => `  ${line}`), ...weekTable(journeys)];
}

const reasons: Record<string, string> = {
  reentry: 'on the way already, or made before',
  cooldown: 'too soon after the last one',
  exclusive: 'in another campaign of the group',
  undecidable: 'a value was missing',
  nobody: 'about nobody',
};

/** One line for each thing to know, the most important first. */
export function journeysInWords(journeys: JourneysOutcome): string[] {
  const { started, declined, unmet, ended, exits, waits, onTheWay, heldBecause, medianDays } = journeys;
  const of = (count: number) => `${countInWords(count)} (${shareInWords(started === 0 ? 0 : count / started)})`;
  return [
    `${countInWords(started)} started`,
    ...Object.entries(declined)
      .sort(byName)
      .map(([reason, count]) => `${countInWords(count)} declined: ${reason} (${reasons[reason] ?? reason})`),
    ...(unmet > 0 ? [`${countInWords(unmet)} events did not meet the condition`] : []),
    ...exits.map(({ name, goal, count }) => `${of(count)} left by ${name}${goal ? ', the goal' : ''}`),
    ...(['completed', 'aborted', 'failed'] as const).flatMap((outcome) => {
      const count = ended[outcome] ?? 0;
      return count === 0 ? [] : [`${of(count)} ${outcome === 'completed' ? 'went to the end' : outcome}`];
    }),
    ...(onTheWay > 0 ? [`${countInWords(onTheWay)} still on the way`] : []),
    ...heldBecause.map(({ why, count }) => `${countInWords(count)} held: ${why}`),
    ...waits.map(
      ({ step, happened, timedOut }) =>
        `${step}: the event came ${countInWords(happened)} times, ${countInWords(timedOut)} timed out`,
    ),
    ...(medianDays > 0 ? [`half of them took less than ${medianDays === 1 ? 'a day' : `${medianDays} days`}`] : []),
  ];
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

export const weekColumns = ['week', 'started', 'declined', 'sent', 'goals', 'ended'] as const;

function weekTable({ weeks }: JourneysOutcome): string[] {
  const width = 9;
  const line = (cells: readonly string[]) => `  ${cells.map((cell) => cell.padStart(width)).join('')}`;
  return [
    '',
    line(weekColumns),
    ...weeks.map((week) =>
      line(weekColumns.map((column) => (column === 'week' ? String(week.week) : countInWords(week[column])))),
    ),
  ];
}
