/** The one strategy that a flag of ours has, and what Unleash's admin API says about strategies. */
import { z } from 'zod';
import { perCent, perMille, type WeightedArm } from './weights';

/** Shown on Unleash's pages; tells our strategy from those that people add. */
const title = 'Volante';

/** Visitors are told apart by this field of the context; without it a visitor is in no experiment. */
const stickiness = 'userId';

/** A gradual rollout: `rollout` per cent of the visitors, divided among `arms`; both by hashes with `groupId`. */
export interface Rollout {
  groupId: string;
  percent: number;
  /** Sorted by name. */
  arms: WeightedArm[];
}

/** @throws RangeError */
export function rolloutOf(options: { salt: string; exposure: number; weights: Record<string, number> }): Rollout {
  return { groupId: options.salt, percent: perCent(options.exposure), arms: perMille(options.weights) };
}

export const strategySchema = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string().nullish(),
  disabled: z.boolean().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  constraints: z.array(z.unknown()).nullish(),
  segments: z.array(z.unknown()).nullish(),
  variants: z.array(z.object({ name: z.string(), weight: z.number(), stickiness: z.string().nullish() })).nullish(),
});
export type Strategy = z.infer<typeof strategySchema>;

/** The strategy in the words of the API. It wants one arm whose weight is "variable": what the others leave. */
export function strategyBody({ groupId, percent, arms }: Rollout): Record<string, unknown> {
  const heaviest = arms.reduce((best, arm) => (arm.weight > best.weight ? arm : best));
  return {
    name: 'flexibleRollout',
    title,
    disabled: false,
    constraints: [],
    segments: [],
    parameters: { rollout: String(percent), stickiness, groupId },
    variants: arms.map((arm) => ({
      name: arm.name,
      weight: arm.weight,
      weightType: arm === heaviest ? 'variable' : 'fix',
      stickiness,
    })),
  };
}

/** What a strategy does, in our words; whatever is not a gradual rollout is one of everybody without arms. */
export function readRollout({ parameters, variants }: Strategy): Rollout {
  const percent = Number(parameters?.rollout ?? 100);
  return {
    groupId: String(parameters?.groupId ?? ''),
    percent: Number.isFinite(percent) ? percent : 0,
    arms: (variants ?? []).map(({ name, weight }) => ({ name, weight })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The first of them is the one that is kept: ours, and of several of ours the same for everybody who looks. */
export function keptFirst(strategies: readonly Strategy[]): Strategy[] {
  const rank = (strategy: Strategy): string => `${strategy.title === title ? 0 : 1}${strategy.id}`;
  return [...strategies].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** Whether a strategy is exactly what `strategyBody` asks for. */
export function does(strategy: Strategy, rollout: Rollout): boolean {
  return (
    strategy.name === 'flexibleRollout' &&
    strategy.title === title &&
    !strategy.disabled &&
    (strategy.constraints ?? []).length === 0 &&
    (strategy.segments ?? []).length === 0 &&
    strategy.parameters?.stickiness === stickiness &&
    (strategy.variants ?? []).every((variant) => variant.stickiness === stickiness) &&
    JSON.stringify(readRollout(strategy)) === JSON.stringify(rollout)
  );
}
