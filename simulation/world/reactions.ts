/** What one person does after a message or a page view: pure chance at the scenario's rates. */
import type { Instant } from '../../definition/resolved';
import type { Rate, Reaction, Scenario } from '../scenario/schema';
import { amountChance, chance, exponentialChance } from './chance';

export interface ReactionEvent {
  kind: Reaction;
  at: Date;
  amount?: { micros: bigint; currency: string };
}

export interface Occasion {
  /** What makes this person's chance their own, such as step and member. */
  who: readonly (string | number)[];
  arm: string | undefined;
  at: number;
}

const minute = 60_000;
const kinds = ['opened', 'clicked', 'converted', 'complained', 'unsubscribed'] as const;
const cent = 10_000;

/** @param began start of the simulation, from which rates drift */
export function reactionsOf(
  { rates }: Pick<Scenario, 'rates'>,
  { who, arm, at }: Occasion,
  { seed, began }: { seed: number; began: Instant },
): ReactionEvent[] {
  const events: ReactionEvent[] = [];
  for (const kind of kinds) {
    const rate = rates[kind];
    if (!rate || chance(seed, ...who, kind) >= shareAt(rate, arm, at - Date.parse(began))) continue;
    const moment = at + delayOf(rate, seed, ...who, kind);
    const amount = amountOf(rate, seed, ...who, kind);
    events.push({ kind, at: new Date(moment), ...(amount && { amount }) });
    if (kind !== 'converted' || !rates.refund || !amount) continue;
    if (chance(seed, ...who, 'refund') >= shareAt(rates.refund, arm, at - Date.parse(began))) continue;
    events.push({ kind: 'refund', at: new Date(moment + delayOf(rates.refund, seed, ...who, 'refund')), amount });
  }
  return events;
}

/** Share of an arm at an age of the simulation; drift moves all arms in proportion. */
export function shareAt({ base, arms, holdout, drift }: Rate, arm: string | undefined, age: number): number {
  const own = arm === 'holdout' ? (holdout ?? 0) : ((arm === undefined ? undefined : arms[arm]) ?? base);
  if (!drift || base === 0) return own;
  const passed = Math.min(1, Math.max(0, age / drift.over));
  return Math.min(1, own * (1 + (drift.to / base - 1) * passed));
}

/** In whole minutes, so that nothing hangs on how quickly a machine works. */
function delayOf({ delay }: Rate, seed: number, ...purpose: (string | number)[]): number {
  return minute * Math.max(1, Math.round(exponentialChance(delay, seed, ...purpose, 'delay') / minute));
}

function amountOf({ amount, spread }: Rate, seed: number, ...purpose: (string | number)[]): ReactionEvent['amount'] {
  if (!amount) return undefined;
  const drawn = amountChance({ mean: amount.micros, deviation: spread?.micros ?? 0 }, seed, ...purpose, 'amount');
  return { micros: BigInt(Math.max(1, Math.round(drawn / cent)) * cent), currency: amount.currency };
}
