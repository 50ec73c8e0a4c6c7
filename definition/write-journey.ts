import { present } from './present';
import type { WaitStep } from './resolved';
import type { ResolvedTrigger } from './resolved-journey';
import type { WrittenCampaign, WrittenStep } from './write-input';
import { writeDuration } from './written/duration';
import { writeLocalTime } from './written/local-time';

export function oneOrSeveral<T>(values: T[]): T | T[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}

export function writeTrigger({ events, exits, cooldown, ...rest }: ResolvedTrigger): WrittenCampaign['trigger'] {
  return {
    event: oneOrSeveral(events),
    ...rest,
    ...present({
      cooldown: cooldown === undefined ? undefined : writeDuration(cooldown),
      exit:
        exits.length === 0
          ? undefined
          : oneOrSeveral(exits.map(({ on, ...exit }) => ({ ...exit, on: oneOrSeveral(on) }))),
    }),
  };
}

export function writeWait(wait: WaitStep['wait'], zone: string): WrittenStep['wait'] {
  if ('timeOfDay' in wait) return { until: wait.timeOfDay };
  if ('until' in wait) return { until: writeLocalTime(wait.until, zone) };
  if ('for' in wait) return { for: writeDuration(wait.for) };
  const { events, where, timeout } = wait.event;
  return { event: oneOrSeveral(events), ...present({ where }), timeout: writeDuration(timeout) };
}
