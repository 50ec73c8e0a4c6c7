/** The activities as they are, with the world around each: who comes, reads and answers when. */
import { createControlActivities, createDeliveryActivities } from '../../activities';
import type { DeliveryActivities } from '../../activities/contract';
import type { ActivityDependencies } from '../../activities/dependencies';
import type { Instant, ResolvedCampaign } from '../../definition/resolved';
import { moveWatermark } from '../../ledger/event-sources';
import type { Scenario } from '../../simulation/scenario/schema';
import type { Customers } from './customers';
import { activityClock } from './mail-double';
import type { Members } from './members';
import { letPeopleAnswer, type People } from './people';
import { type Growth, letReadersReact, obeyOptOuts } from './readers';
import type { Visitors } from './visitors';

export interface World {
  deps: ActivityDependencies;
  campaign: ResolvedCampaign;
  scenario: Scenario;
  seed: number;
  began: Instant;
  people: People;
  visitors: Visitors;
  growth: Growth;
  /** Of a campaign with a trigger or a program. */
  customers?: Customers;
  members?: Members;
  /** What became of the waits for events: by step, members whose event came, and those for whom it did not. */
  waits: Waits;
}

export type Waits = Map<string, { happened: Set<number>; timedOut: Set<number> }>;

type Control = ReturnType<typeof createControlActivities>;

export function createWorldlyControl(world: World): Control {
  const own = createControlActivities(world.deps);
  return {
    ...timed(own),
    async askApprovers(question) {
      const asked = await at(question.now, () => own.askApprovers(question));
      await letPeopleAnswer(world.people, question);
      return asked;
    },
    async openTrigger(input) {
      const opened = await own.openTrigger(input);
      await world.customers?.begin(input.now);
      return opened;
    },
    async openProgram(input) {
      const opened = await own.openProgram(input);
      await world.customers?.begin(input.now);
      return opened;
    },
    async endJourney(input) {
      for (const { id, state, happened } of input.steps)
        if (state === 'done' && happened !== undefined) noteWait(world.waits, { step: id, seq: input.seq, happened });
      await own.endJourney(input);
    },
    probeCheckpoint: (input) => seen(world, input.now, () => own.probeCheckpoint(input)),
    judgeCheckpoint: (input) => seen(world, input.now, () => own.judgeCheckpoint(input)),
    judgeForecast: (input) => seen(world, input.now, () => own.judgeForecast(input)),
    forecastObjectives: (input) => seen(world, input.now, () => own.forecastObjectives(input)),
    exposeFlag: (input) => seen(world, input.now, () => own.exposeFlag(input)),
    promoteFlag: (input) => seen(world, input.now, () => own.promoteFlag(input)),
    switchOffFlag: (input) => seen(world, input.now, () => own.switchOffFlag(input)),
  };
}

export function createWorldlyDelivery(world: World): DeliveryActivities {
  const { deliverPages } = createDeliveryActivities(world.deps);
  const { database } = world.deps;
  return {
    async deliverPages(request) {
      const { run, step, range, now } = request;
      await obeyOptOuts(database, now);
      const tally = await at(now, () => deliverPages(request));
      await letReadersReact({ ...world, database }, { runNo: run.runNo, step, range, now });
      return tally;
    },
  };
}

function noteWait(waits: Waits, { step, seq, happened }: { step: string; seq: number; happened: boolean }): void {
  const known = waits.get(step) ?? { happened: new Set(), timedOut: new Set() };
  waits.set(step, known);
  known[happened ? 'happened' : 'timedOut'].add(seq);
}

function at<T>(now: Instant, work: () => Promise<T>): Promise<T> {
  return activityClock.run(Date.parse(now), work);
}

/** Everything up to this moment has happened, and every source of events has told it. */
async function seen<T>(world: World, now: Instant, work: () => Promise<T>): Promise<T> {
  await world.visitors.until(now);
  const sources = new Set((world.campaign.metrics ?? []).flatMap(({ fresh }) => fresh?.source ?? []));
  for (const source of sources)
    await moveWatermark(world.deps.database, { source, until: new Date(now), now: new Date(now) });
  return at(now, work);
}

/** Platforms behind any other activity know what time it is, too. */
function timed(activities: Control): Control {
  const wrapped = Object.entries(activities).map(([name, activity]) => {
    const call = activity as (input: { now?: Instant }) => Promise<unknown>;
    return [
      name,
      (input: { now?: Instant }) => (input.now === undefined ? call(input) : at(input.now, () => call(input))),
    ];
  });
  return Object.fromEntries(wrapped) as Control;
}
