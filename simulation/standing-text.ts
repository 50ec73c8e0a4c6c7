/** What a trigger or a program came to, as plain text. */
import type { CustomerCounts, JourneysOutcome, ProgramOutcome, SimulatedRun } from './result';
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
  return [
    '',
    ...columns([
      weekColumns,
      ...weeks.map((week) =>
        weekColumns.map((column) => (column === 'week' ? String(week.week) : countInWords(week[column]))),
      ),
    ]),
  ];
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padStart((widths[column] ?? 0) + 2)).join('')}`);
}

export function programLines({ program }: SimulatedRun): string[] {
  if (!program) return [];
  return [
    '',
    'PROGRAM',
    ...programInWords(program).map((line) => `  ${line}`),
    '',
    ...columns([courseColumns, ...courseRows(program)]),
  ];
}

/** One line for each thing to know, the most important first. */
export function programInWords(program: ProgramOutcome): string[] {
  const { members, earned, matured, spent, expired, reversed, pending, active, warned, rewards, tiers } = program;
  const parts = [
    `${countInWords(spent)} spent`,
    `${countInWords(expired)} expired`,
    `${countInWords(reversed)} taken back`,
    `${countInWords(active.points)} active`,
    `${countInWords(pending.points)} pending`,
  ];
  const most = program.course.reduce((high, { owed }) => Math.max(high, owed.micros), 0);
  const { currency } = active.worth;
  const owed = { currency, micros: active.worth.micros + pending.worth.micros };
  return [
    `${countInWords(members)} members earned ${countInWords(earned)} points, of which ${countInWords(matured)} could be spent in time`,
    `${countInWords(earned)} = ${parts.join(' + ')}`,
    `owed at the end ${moneyInWords([owed])}, at most ${moneyInWords([{ currency, micros: most }])}`,
    ...(warned > 0 ? [`${countInWords(warned)} warnings that points will expire`] : []),
    ...rewards.map(({ id, cost, taken }) => `${countInWords(taken)} took ${id} for ${countInWords(cost)} points`),
    ...tiers.map(({ id, members: within }) => `${countInWords(within)} members are ${id} at the end`),
  ];
}

export const courseColumns = ['day', 'pending', 'active', 'spent', 'expired', 'owed'] as const;

export function courseRows({ course }: ProgramOutcome): string[][] {
  return course.map(({ day, pending, active, spent, expired, owed }) => [
    String(day),
    ...[pending, active, spent, expired].map(countInWords),
    moneyInWords([owed]),
  ]);
}
