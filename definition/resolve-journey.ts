import { present } from './present';
import type { ResolvedCampaign, WaitStep } from './resolved';
import type { AuthoredCampaign, AuthoredStep } from './schema/campaign';
import { isTimeOfDay } from './written/time-of-day';

/** What starts and ends journeys. A campaign without a trigger is as it was before there were any. */
export function resolveTrigger({
  trigger,
  priority,
  exclusive,
}: AuthoredCampaign): Pick<ResolvedCampaign, 'trigger' | 'priority' | 'exclusive'> {
  if (!trigger) return {};
  const { event: events, exit = [], ...rest } = trigger;
  return {
    trigger: {
      events,
      ...present({ where: rest.where, key: rest.key, cooldown: rest.cooldown }),
      reentry: rest.reentry,
      ...(rest.underWay === 'follow' && { underWay: rest.underWay }),
      exits: exit.map(({ when, ...given }) => ({ ...given, ...present({ when }) })),
    },
    ...present({ priority, exclusive }),
  };
}

/** What a wait waits for, where it is not a moment of the calendar; those are placed in their zone elsewhere. */
export function resolveWait({ wait }: Pick<AuthoredStep, 'wait'>): WaitStep['wait'] {
  if (wait?.event) {
    if (wait.timeout === undefined) throw new RangeError('time-out was not checked');
    return { event: { events: wait.event, ...present({ where: wait.where }), timeout: wait.timeout } };
  }
  if (wait?.until !== undefined && isTimeOfDay(wait.until)) return { timeOfDay: wait.until };
  return { for: wait?.for ?? 0 };
}
