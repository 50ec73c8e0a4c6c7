/** Numbers of a simulation as people read them. */
import { countInWords, shareInWords } from '../decisions/words';
import type { Money } from '../definition/resolved';
import { writeMoney } from '../definition/written/money';
import type { VerdictReport } from '../reports/measured-report';
import { dayAndTime } from './calendar';
import type { BlastRadius, Simulation } from './result';

export { countInWords, shareInWords };

const cent = 10_000;

export function moneyInWords(amounts: readonly Money[]): string {
  if (amounts.length === 0) return 'nothing';
  return amounts
    .map(({ currency, micros }) => {
      const sign = micros < 0 ? '-' : '';
      const size = Math.abs(micros);
      return `${sign}${writeMoney({ currency, micros: size >= 1_000_000 ? Math.round(size / cent) * cent : size })}`;
    })
    .join(' + ');
}

export function dayOf(simulation: Simulation, start: string): (at: string) => string {
  const { timezone: timeZone } = simulation.campaign;
  return (at) => dayAndTime(at, { start, timeZone });
}

/** Blast radius in a few lines, the most important first. */
export function radiusInWords(radius: BlastRadius, say: (at: string) => string): string[] {
  const { cost, window, irreversible, gates } = radius;
  const from = window.start === undefined ? 'as soon as it is approved' : `from ${say(window.start)}`;
  const to = window.end === undefined ? '' : ` to ${say(window.end)}`;
  return [
    `${reachInWords(radius)}, ${moneyInWords(cost)} at most, ${from}${to} (${window.timezone})`,
    ...gates.map(({ step, approvers, quorum }) => `gate ${step}: ${quorum} of ${approvers.join(', ')}`),
    ...irreversible.map(({ step, what }) => `cannot be undone: ${step}: ${what}`),
  ];
}

function reachInWords({ stands, targeted, heldOut, reachable }: BlastRadius): string {
  if (stands === 'trigger') return 'one person for each journey';
  if (stands === 'program') return 'a program for whoever earns points';
  return `${countInWords(reachable)} of ${countInWords(targeted)} people (${countInWords(heldOut)} held out)`;
}

/** Sample, statistic and error of a verdict: what its sentence leaves out. */
export function numbersOf({ n, nControl, z, bound, alpha, method, verdict }: VerdictReport): string {
  const parts = [
    n === undefined
      ? undefined
      : `n ${countInWords(n)}${nControl === undefined ? '' : ` against ${countInWords(nControl)}`}`,
    z === undefined ? undefined : `z ${z.toFixed(2)}${bound === undefined ? '' : ` of ${bound.toFixed(2)} needed`}`,
    alpha === undefined ? undefined : `alpha ${shareInWords(alpha)}`,
    method === 'none' ? undefined : method,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? verdict : `${verdict} (${parts.join(', ')})`;
}
