import type { Instant } from '../resolved';
import type { Path } from '../source/place';
import type { PromotionEnd } from '../written/discount';
import { placeInZone } from '../written/local-time';
import { isTimeOfDay } from '../written/time-of-day';
import type { PlacedStep } from './authored';
import { type CheckContext, remark } from './context';

/** Local times placed in the campaign's zone. A time that could not be placed is absent, and reported. */
export interface PlacedTimes {
  zone: string;
  start?: Instant;
  end?: Instant;
  /** By index of the step. */
  validUntil: Map<number, Instant>;
  waitUntil: Map<number, Instant>;
  /** Of checkpoints and adjustments, by their place in the file. */
  others: Map<string, Instant>;
}

/** Key of `others`. */
export function placeKey(path: Path): string {
  return path.join('/');
}

/** Reads every local time of the file in its zone, and checks them against each other. */
export function checkTimes(context: CheckContext): PlacedTimes {
  const { authored, workspace } = context;
  const { schedule } = authored;
  const zone = schedule?.timezone ?? workspace.defaults.timezone;
  const place = (local: string | undefined, path: Path) => placeTime(context, { local, path, zone });
  const times: PlacedTimes = {
    zone,
    start: place(schedule?.start, ['schedule', 'start']),
    end: place(schedule?.end, ['schedule', 'end']),
    validUntil: new Map(),
    waitUntil: new Map(),
    others: new Map(),
  };
  if (times.start && times.end && times.end <= times.start) {
    const message = `the end (${schedule?.end}) is not after the start (${schedule?.start})`;
    remark(context, { rule: 'TIME-206', path: ['schedule', 'end'], message });
  }
  for (const [index, { by }] of authored.objectives.entries()) {
    const moment = place(by, ['objectives', index, 'by']);
    if (moment) times.others.set(placeKey(['objectives', index, 'by']), moment);
  }
  for (const placed of authored.steps) {
    const { index, step, path } = placed;
    const until = step.wait?.until;
    const waitUntil = place(until === undefined || isTimeOfDay(until) ? undefined : until, [...path, 'wait', 'until']);
    if (waitUntil) times.waitUntil.set(index, waitUntil);
    const validUntil =
      step.validUntil === 'end' ? endOfSchedule(context, times, path) : place(step.validUntil, [...path, 'validUntil']);
    if (validUntil) times.validUntil.set(index, validUntil);
    checkMoment(context, { times, moment: waitUntil, path: [...path, 'wait', 'until'] });
    for (const { local, path: at } of checkpointTimes(placed)) {
      const moment = place(local, at);
      if (moment) times.others.set(placeKey(at), moment);
    }
    if (step.promotion) checkPromotionTimes(context, { times, promotion: step.promotion, of: path, place });
    if (step.validUntil !== 'end') checkMoment(context, { times, moment: validUntil, path: [...path, 'validUntil'] });
  }
  for (const [index, { promotion }] of (authored.program?.rewards ?? []).entries())
    if (promotion) checkPromotionTimes(context, { times, promotion, of: ['program', 'rewards', index], place });
  return times;
}

/** From when to when the codes of a promotion count. */
function checkPromotionTimes(
  context: CheckContext,
  given: {
    times: PlacedTimes;
    promotion: { validFrom?: string; validUntil?: PromotionEnd };
    /** The step or reward that it is of. */
    of: Path;
    place: (local: string | undefined, path: Path) => Instant | undefined;
  },
): void {
  const { times, promotion, of, place } = given;
  const path = [...of, 'promotion'];
  const from = place(promotion.validFrom, [...path, 'validFrom']);
  if (from) times.others.set(placeKey([...path, 'validFrom']), from);
  const { validUntil: end } = promotion;
  const local = end?.kind === 'at' ? end.local : undefined;
  const until = end?.kind === 'end' ? endOfSchedule(context, times, path) : place(local, [...path, 'validUntil']);
  if (until && local !== undefined) times.others.set(placeKey([...path, 'validUntil']), until);
  if (from && until && until <= from)
    remark(context, { rule: 'PROMO-907', path: [...path, 'validUntil'], message: `codes would end before ${from}` });
}

/** Local times within rollouts and checkpoints. */
function checkpointTimes({ step, path }: PlacedStep): { local: string; path: Path }[] {
  const actionTimes = (actions: Record<string, unknown>, at: Path) =>
    Object.entries(actions).flatMap(([key, action]) => {
      const latest = typeof action === 'object' && action !== null ? (action as LongAction).adjust?.latest : undefined;
      return latest === undefined ? [] : [{ local: latest, path: [...at, key, 'adjust', 'latest'] }];
    });
  const own = step.checkpoint;
  const found = own
    ? [
        ...(own.after.time === undefined
          ? []
          : [{ local: own.after.time, path: [...path, 'checkpoint', 'after', 'time'] }]),
        ...actionTimes({ then: own.then, error: own.error }, [...path, 'checkpoint']),
      ]
    : [];
  for (const [index, { checkpoint }] of (step.rollout ?? []).entries()) {
    if (!checkpoint) continue;
    const at: Path = [...path, 'rollout', index, 'checkpoint'];
    if (checkpoint.after.time !== undefined)
      found.push({ local: checkpoint.after.time, path: [...at, 'after', 'time'] });
    found.push(...actionTimes(checkpoint.decide, [...at, 'decide']));
  }
  return found;
}

type LongAction = { adjust?: { latest?: string } };

function placeTime(
  context: CheckContext,
  { local, path, zone }: { local: string | undefined; path: Path; zone: string },
): Instant | undefined {
  if (local === undefined) return undefined;
  const reading = placeInZone(local, zone);
  if (!reading.ok) {
    remark(context, { rule: reading.rule, path, message: reading.message, fix: reading.fix });
    return undefined;
  }
  const { instant, second } = reading.value;
  if (second) {
    const message = `${local} happens twice in ${zone}: at ${instant} (taken) and at ${second}`;
    remark(context, { rule: 'TIME-204', path, message });
  }
  return instant;
}

function endOfSchedule(context: CheckContext, times: PlacedTimes, path: Path): Instant | undefined {
  if (times.end === undefined && context.authored.schedule?.end === undefined) {
    remark(context, { rule: 'TIME-210', path: [...path, 'validUntil'], message: 'the schedule has no end' });
  }
  return times.end;
}

function checkMoment(
  context: CheckContext,
  { times, moment, path }: { times: PlacedTimes; moment: Instant | undefined; path: Path },
): void {
  if (moment === undefined) return;
  if (context.authored.schedule?.cron?.length) {
    remark(context, { rule: 'TIME-211', path, message: 'every run of the cron would use this one moment' });
  }
  if (times.end && moment > times.end) {
    remark(context, { rule: 'TIME-209', path, message: 'this is after the end of the schedule' });
  } else if (times.start && moment <= times.start) {
    remark(context, { rule: 'TIME-209', path, message: 'this is not after the start of the schedule' });
  }
}
