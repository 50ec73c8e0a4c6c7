/** Visitors of web pages: they come evenly over the day, and get what the flag says at that moment. */
import { assignArm } from '../../definition/assignment';
import type { Instant, ResolvedCampaign } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import type { NewEvent } from '../../ledger/events';
import type { Scenario } from '../../simulation/scenario/schema';
import { chance } from '../../simulation/world/chance';
import { reactionsOf } from '../../simulation/world/reactions';
import type { FlagDouble } from './flag-double';
import { eventOf, type Growth, lookAgain, simulatedSource, writeEvents } from './readers';

interface World {
  database: Database;
  scenario: Pick<Scenario, 'rates' | 'visitors'>;
  seed: number;
  began: Instant;
  campaign: ResolvedCampaign;
  growth: Growth;
  flagsOf(platform: string): FlagDouble;
}

const minute = 60_000;
const day = 24 * 60 * minute;

export class Visitors {
  private next = 0;
  /** Calls come side by side; each waits for the one before. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly world: World) {}

  /** All who have come until this moment are in the book, under the flags as they have been. */
  until(now: Instant): Promise<void> {
    const { scenario, campaign } = this.world;
    const hasPages = campaign.steps.some(({ kind }) => kind === 'experiment');
    if (scenario.visitors === 0 || !hasPages) return Promise.resolve();
    this.queue = this.queue.then(() => this.come(Date.parse(now)));
    return this.queue;
  }

  private async come(now: number): Promise<void> {
    const { scenario, seed, began, database } = this.world;
    const events: NewEvent[] = [];
    for (;;) {
      const between = day / scenario.visitors;
      const at = Date.parse(began) + (this.next + chance(seed, 'arrival', this.next)) * between;
      const moment = Math.ceil(at / minute) * minute;
      if (moment > now) break;
      events.push(...this.visit(this.next, moment));
      this.next += 1;
    }
    await writeEvents(database, events);
    await lookAgain(this.world, events.length);
  }

  private visit(visitor: number, at: number): NewEvent[] {
    const { campaign, scenario, seed, began } = this.world;
    const unit = `visitor-${seed}-${visitor}`;
    return campaign.steps.flatMap((step): NewEvent[] => {
      if (step.kind !== 'experiment') return [];
      const { flag, platform } = step.experiment;
      const running = this.world.flagsOf(platform).running(flag);
      if (!running || chance(seed, 'part', flag, visitor) >= running.exposure) return [];
      const arm = assignArm(running.weights, running.salt, unit);
      if (arm === undefined) return [];
      const exposed: NewEvent = {
        source: simulatedSource,
        id: `${step.id}:${unit}:exposed`,
        kind: 'exposed',
        about: { unit },
        exposure: { flag, arm },
        occurredAt: new Date(at),
      };
      const reactions = reactionsOf({ rates: scenario.rates }, { who: [step.id, unit], arm, at }, { seed, began });
      return [exposed, ...reactions.map((each) => ({ ...eventOf(each, `${step.id}:${unit}`), about: { unit } }))];
    });
  }
}
