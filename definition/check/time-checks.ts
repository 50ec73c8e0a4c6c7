import type { Instant } from '../resolved';
import type { Path } from '../source/place';
import { placeInZone } from '../written/local-time';
import { type CheckContext, remark } from './context';

/** Local times placed in the campaign's zone. A time that could not be placed is absent, and reported. */
export interface PlacedTimes {
  zone: string;
  start?: Instant;
  end?: Instant;
  /** By index of the step. */
  validUntil: Map<number, Instant>;
  waitUntil: Map<number, Instant>;
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
  };
  if (times.start && times.end && times.end <= times.start) {
    const message = `the end (${schedule?.end}) is not after the start (${schedule?.start})`;
    remark(context, { rule: 'TIME-206', path: ['schedule', 'end'], message });
  }
  for (const { index, step, path } of authored.steps) {
    const waitUntil = place(step.wait?.until, [...path, 'wait', 'until']);
    if (waitUntil) times.waitUntil.set(index, waitUntil);
    const validUntil =
      step.validUntil === 'end' ? endOfSchedule(context, times, path) : place(step.validUntil, [...path, 'validUntil']);
    if (validUntil) times.validUntil.set(index, validUntil);
    checkMoment(context, { times, moment: waitUntil, path: [...path, 'wait', 'until'] });
    if (step.validUntil !== 'end') checkMoment(context, { times, moment: validUntil, path: [...path, 'validUntil'] });
  }
  return times;
}

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
