import type { AuthoredStep } from '../schema/campaign';
import type { Path } from '../source/place';
import { moneyPattern } from '../written/money';
import { percentagePattern } from '../written/percentage';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';

type Rollout = NonNullable<AuthoredStep['rollout']>;
type Entry = Rollout[number];
type Action = NonNullable<Entry['checkpoint']>['decide']['pass'];

/** Arms, waves and checkpoints of a step, and what they may do. */
export function checkRollouts(context: CheckContext): void {
  for (const placed of context.authored.steps) {
    const { step, path } = placed;
    if (step.email?.arms)
      checkArms(context, { arms: step.email.arms, rules: step.email.experiment, path: [...path, 'email'] });
    else if (step.email?.experiment)
      remark(context, {
        rule: 'MEAS-804',
        path: [...path, 'email', 'experiment'],
        message: 'an experiment needs `arms`',
      });
    if (step.experiment)
      checkArms(context, { arms: step.experiment.arms, rules: step.experiment, path: [...path, 'experiment'] });
    if (step.rollout) checkRollout(context, placed, step.rollout);
    else if (step.experiment)
      remark(context, {
        rule: 'MEAS-805',
        path: [...path, 'experiment'],
        message: 'a web experiment needs a `rollout`',
        atKey: true,
      });
    if (step.checkpoint) checkForecast(context, placed);
  }
}

interface ArmsToCheck {
  arms: Record<string, { share?: number; sendTime?: string }>;
  rules?: { goal?: string; method?: string; control?: string; floor?: number };
  path: Path;
}

function checkArms(context: CheckContext, { arms, rules, path }: ArmsToCheck): void {
  const fail = (at: Path, message: string) => remark(context, { rule: 'MEAS-804', path: [...path, ...at], message });
  const names = Object.keys(arms);
  const said = Object.values(arms).flatMap(({ share }) => (share === undefined ? [] : [share]));
  const sum = said.reduce((total, share) => total + share, 0);
  if (names.length < 2) fail(['arms'], 'an experiment needs two arms or more');
  if (names.includes('holdout'))
    fail(['arms', 'holdout'], '`holdout` is a word of the audience: write audience.holdout');
  if (said.some((share) => share === 0)) fail(['arms'], 'an arm with 0% is no arm');
  const isWhole = said.length === names.length ? Math.abs(sum - 1) < 1e-9 : sum < 1;
  if (!isWhole) fail(['arms'], `the shares add up to ${Math.round(sum * 10_000) / 100}%`);
  if (rules?.control !== undefined && !names.includes(rules.control))
    fail([...(path.at(-1) === 'email' ? ['experiment'] : []), 'control'], `no arm is called "${rules.control}"`);
  const at = path.at(-1) === 'email' ? ['experiment'] : [];
  if (rules?.method !== undefined && (rules.goal === 'earn') !== (rules.method === 'bandit'))
    fail([...at, 'method'], `${rules.method} does not fit the goal ${rules.goal}`);
  if ((rules?.floor ?? 0) * names.length >= 1) fail([...at, 'floor'], 'the floors leave nothing to move');
}

function checkRollout(context: CheckContext, { step, path }: PlacedStep, rollout: Rollout): void {
  const fail = (at: Path, message: string) =>
    remark(context, { rule: 'MEAS-805', path: [...path, 'rollout', ...at], message });
  if (!step.email && !step.experiment) {
    remark(context, {
      rule: 'MEAS-805',
      path: [...path, 'rollout'],
      message: 'only email and experiment steps release an audience',
      atKey: true,
    });
    return;
  }
  const ids = new Set<string>();
  let released = 0;
  for (const [index, entry] of rollout.entries()) {
    if ((entry.wave === undefined) === (entry.checkpoint === undefined)) {
      fail([index], 'an entry is either a wave or a checkpoint');
      continue;
    }
    if (entry.wave !== undefined) {
      if (entry.wave === 'rest' && rollout.slice(index + 1).some(({ wave }) => wave !== undefined))
        fail([index, 'wave'], 'nothing is left after the rest');
      if (entry.wave !== 'rest' && 'share' in entry.wave) released += entry.wave.share;
      if (released > 1 + 1e-9) fail([index, 'wave'], `the waves add up to ${Math.round(released * 100)}%`);
      if (step.experiment && entry.wave !== 'rest' && 'count' in entry.wave)
        fail([index, 'wave'], 'visitors are released by shares, not by number');
      if (step.experiment && entry.wave !== 'rest' && 'share' in entry.wave && !isWholePercent(entry.wave.share))
        fail([index, 'wave'], 'flags know whole percentages only');
    } else if (entry.checkpoint) {
      if (!rollout.slice(0, index).some(({ wave }) => wave !== undefined))
        fail([index, 'checkpoint'], 'nothing was released before this checkpoint');
      const id = entry.checkpoint.id ?? `checkpoint-${index}`;
      if (ids.has(id))
        remark(context, {
          rule: 'MEAS-809',
          path: [...path, 'rollout', index, 'checkpoint', 'id'],
          message: `another checkpoint is called "${id}" too`,
        });
      ids.add(id);
      checkCheckpoint(context, { step, checkpoint: entry.checkpoint, path: [...path, 'rollout', index, 'checkpoint'] });
    }
  }
}

function isWholePercent(share: number): boolean {
  return Math.abs(share * 100 - Math.round(share * 100)) < 1e-9;
}

interface CheckpointToCheck {
  step: AuthoredStep;
  checkpoint: NonNullable<Entry['checkpoint']>;
  path: Path;
}

function checkCheckpoint(context: CheckContext, { step, checkpoint, path }: CheckpointToCheck): void {
  const metrics = context.authored.metrics.filter(
    ({ role, steps }) => role !== 'observe' && (steps === undefined || steps.includes(step.id)),
  );
  const actions = Object.entries(checkpoint.decide);
  for (const [state, action] of actions)
    checkAction(context, { action, hold: checkpoint.hold, path: [...path, 'decide', state] });
  const hasArms = step.email?.arms !== undefined || step.experiment !== undefined;
  if (metrics.length === 0)
    remark(context, { rule: 'MEAS-806', path, message: 'no metric can pass or fail here', atKey: true });
  const wins = actions.some(([, action]) => /winner|control/.test(lastOf(action)));
  if (wins && !hasArms)
    remark(context, {
      rule: 'MEAS-806',
      path: [...path, 'decide'],
      message: 'there are no arms to choose from',
      atKey: true,
    });
  if (wins && !metrics.some(({ role }) => role === 'success'))
    remark(context, {
      rule: 'MEAS-806',
      path: [...path, 'decide'],
      message: 'no success metric can choose a winner',
      atKey: true,
    });
  const { timeout, maturity, minRecipients } = checkpoint.after;
  const longest = Math.max(0, ...metrics.filter(({ kind }) => kind !== 'rate-limit').map(({ window }) => window));
  if ((maturity !== undefined || minRecipients !== undefined) && timeout <= longest)
    remark(context, {
      rule: 'MEAS-810',
      path: [...path, 'after', 'timeout'],
      message: 'the timeout is not longer than the longest attribution window',
    });
}

function lastOf(action: Action): string {
  return typeof action === 'string' ? action : action.then;
}

interface ActionToCheck {
  action: Action;
  hold?: unknown;
  path: Path;
}

/** One of `wait`, `extend` and `adjust`, with all that it needs; a hold, with people who decide. */
function checkAction(context: CheckContext, { action, hold, path }: ActionToCheck): void {
  const fail = (at: Path, message: string) => remark(context, { rule: 'MEAS-807', path: [...path, ...at], message });
  if (lastOf(action) === 'hold' && hold === undefined) fail([], 'nobody is named in `hold` who would decide');
  if (typeof action === 'string') return;
  const named = [action.wait, action.extend, action.adjust].filter((first) => first !== undefined).length;
  if (named !== 1) fail([], 'this action names not exactly one of `wait`, `extend` and `adjust`');
  else if (!action.adjust && action.max === undefined) fail([], 'how often at most? add `max`');
  else if (action.adjust) checkAdjustment(context, { adjust: action.adjust, path: [...path, 'adjust'] });
}

type Adjust = NonNullable<Exclude<Action, string>['adjust']>;

/** One thing is changed, by so much, within bounds that can be read. */
function checkAdjustment(context: CheckContext, { adjust, path }: { adjust: Adjust; path: Path }): void {
  const fail = (at: Path, message: string) => remark(context, { rule: 'MEAS-807', path: [...path, ...at], message });
  const { budget, from, arm, audience, end, by, bounds = [], latest } = adjust;
  if ([budget, arm, audience, end].filter((target) => target !== undefined).length !== 1)
    fail([], 'an adjustment changes one thing: budget, arm, audience or end');
  if (end !== undefined && latest === undefined) fail([], 'a later end needs its bound: `latest`');
  if (end === undefined && (by === undefined || bounds.length === 0)) fail([], 'an adjustment needs `by` and `bounds`');
  const [pattern, like] =
    budget === undefined ? [percentagePattern, 'a share such as 60%'] : [moneyPattern, 'an amount such as 900 EUR'];
  for (const [index, bound] of bounds.entries())
    if (!pattern.test(bound)) fail(['bounds', index], `"${bound}" is not ${like}`);
  const lines = context.authored.budget?.lines ?? {};
  for (const line of [budget, from])
    if (line !== undefined && lines[line] === undefined)
      remark(context, { rule: 'MEAS-803', path, message: `the budget has no line "${line}"` });
}

function checkForecast(context: CheckContext, { step, path }: PlacedStep): void {
  const { checkpoint } = step;
  if (!checkpoint) return;
  const at: Path = [...path, 'checkpoint'];
  const { forecast, below, above } = checkpoint.when;
  if (!context.authored.objectives.some(({ id }) => id === forecast))
    remark(context, {
      rule: 'MEAS-803',
      path: [...at, 'when', 'forecast'],
      message: `no objective is called "${forecast}"`,
    });
  if ((below === undefined) === (above === undefined))
    remark(context, { rule: 'MEAS-807', path: [...at, 'when'], message: 'write one of `below` and `above`' });
  for (const key of ['then', 'error'] as const)
    checkAction(context, { action: checkpoint[key], hold: checkpoint.hold, path: [...at, key] });
}
