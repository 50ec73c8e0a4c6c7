import type { JourneyCounts } from '../definition/journey-counts';

/** The journeys of a run in a few lines. */
export function journeyLines({ started, running, held, ended, exits, declined, heldBecause }: JourneyCounts): string[] {
  const line = (label: string, counts: Readonly<Record<string, number>>) => {
    const words = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
    return words.length === 0 ? [] : [`           ${label.padEnd(14)}${words.join(', ')}`];
  };
  return [
    `  journeys ${String(started)} started · ${running} on their way · ${held} held`,
    ...heldBecause.map(({ why, count }) => `           held          ${count}: ${why}`),
    ...line('ended', ended),
    ...line('exits', exits),
    ...line('declined', declined),
  ];
}
