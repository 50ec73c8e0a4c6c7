/** Stands in for every mail platform: takes all mail, except to addresses that do not exist and while it is down. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { MessageSender, SendOutcome } from '../../platforms/sender';
import type { Scenario } from '../../simulation/scenario/schema';
import { chance } from '../../simulation/world/chance';

/** The simulated moment of the activity that is running. */
export const activityClock = new AsyncLocalStorage<number>();

const longestRetryMs = 15 * 60_000;
const deliveryKey = /:([^:]+):(\d+):email$/;

export function mailDouble(
  platform: string,
  world: { scenario: Pick<Scenario, 'outages' | 'bounces'>; seed: number; began: number },
): MessageSender {
  return {
    platform,
    concurrency: 500,
    async send({ key }) {
      const down = outageAt(world, activityClock.getStore() ?? world.began);
      if (down !== undefined) return down;
      const [, step, seq] = deliveryKey.exec(key) ?? [];
      if (step === undefined || seq === undefined) return { outcome: 'accepted' };
      return chance(world.seed, 'address', seq) < world.scenario.bounces
        ? { outcome: 'refused', code: 550, detail: '5.1.1 no such address', bounce: true }
        : { outcome: 'accepted' };
    },
    close: async () => undefined,
  };
}

function outageAt(
  { scenario, began }: { scenario: Pick<Scenario, 'outages'>; began: number },
  now: number,
): SendOutcome | undefined {
  for (const outage of scenario.outages) {
    const left = began + outage.after + outage.for - now;
    if (left > 0 && left <= outage.for)
      return {
        outcome: 'not-accepted',
        scope: 'platform',
        detail: 'the mail platform is down',
        retryAfterMs: Math.min(left, longestRetryMs),
      };
  }
  return undefined;
}
