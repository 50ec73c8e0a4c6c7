import { join } from 'node:path';
import fc from 'fast-check';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import type { Workspace } from '../../definition/workspace-types';
import { packageRoot } from '../../settings/package-root';
import { completeScenario } from '../../simulation/scenario/drawn-from-campaign';
import type { ScenarioEvent } from '../../simulation/scenario/events';
import { builtInScenario } from '../../simulation/scenario/load';
import { scenarioSchema } from '../../simulation/scenario/schema';
import { customerEvents, type Habits } from '../../simulation/world/customers';

const day = 86_400_000;
const eventsOf = (events: object): Record<string, ScenarioEvent> =>
  scenarioSchema.parse({ description: 'x', events }).events;
const habitsOf = (events: object, more: Partial<Habits> = {}): Habits => ({
  events: eventsOf(events),
  people: 100,
  days: 10,
  seed: 1,
  ...more,
});

let workspace: Workspace;
beforeAll(async () => {
  const loaded = await loadWorkspace(packageRoot());
  if (!loaded.workspace) throw new Error('no workspace');
  workspace = loaded.workspace;
});

async function drawn(id: string, more: object = {}) {
  const { campaign } = await loadCampaign({ workspace, folder: join(packageRoot(), 'campaigns', id) });
  if (!campaign) throw new Error('no campaign');
  return completeScenario(campaign.resolved, { ...builtInScenario().scenario, ...more }, workspace);
}

test('as many come as are said, within the days, in order, of people who exist; the same seed, the same', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 60 }),
      fc.nat(1_000_000),
      (perDay, days, seed) => {
        const habits = habitsOf(
          { seen: { perDay }, bought: { follows: [{ after: 'seen', share: '40%' }] } },
          { days, seed },
        );
        const events = customerEvents(habits);
        const seen = events.filter(({ type }) => type === 'seen');
        expect(seen).toHaveLength(perDay * days);
        expect(seen.every(({ at }) => at > 0 && at <= days * day && at % 60_000 === 0)).toBe(true);
        expect(events.every(({ person }) => person >= 1 && person <= 100)).toBe(true);
        expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((a, b) => a - b));
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
        expect(customerEvents(habits)).toEqual(events);
      },
    ),
    { numRuns: 30 },
  );
});

test('what follows is of the same person, later, and says what the first event said', () => {
  const events = customerEvents(
    habitsOf({
      'basket.left': { perDay: 200, data: { basket: 'b-{n}', 'cart.total': { mean: 30, spread: 10 } } },
      'order.paid': {
        follows: [{ after: 'basket.left', share: '30%', delay: '2d' }],
        data: { basket: 'other', by: ['card'] },
      },
    }),
  );
  const left = new Map(events.filter(({ type }) => type === 'basket.left').map((event) => [event.data.basket, event]));
  const paid = events.filter(({ type }) => type === 'order.paid');
  expect(left.size).toBe(2_000);
  expect(Math.abs(paid.length - 600)).toBeLessThan(4 * Math.sqrt(2_000 * 0.3 * 0.7));
  for (const { data, person, at } of paid) {
    const first = left.get(data.basket);
    expect(first).toMatchObject({ person });
    expect(data).toEqual({ ...first?.data, by: 'card' });
    expect(at).toBeGreaterThan(first?.at ?? Number.POSITIVE_INFINITY);
  }
  const waited = paid.reduce((sum, { at, data }) => sum + at - (left.get(data.basket)?.at ?? 0), 0) / paid.length;
  expect(waited / day).toBeGreaterThan(1.6);
  expect(waited / day).toBeLessThan(2.4);
});

test('what follows itself comes to an end', () => {
  const events = customerEvents(
    habitsOf({ seen: { perDay: 1, follows: [{ after: 'seen', share: '100%', delay: '1h' }] } }),
  );
  expect(events.length).toBeGreaterThan(10);
  expect(events.length).toBeLessThanOrEqual(10 * 21);
});

test('events that start, end or interrupt journeys are drawn from the campaign, with values for which its conditions hold', async () => {
  const { scenario, assumed } = await drawn('abandoned-basket');
  expect(Object.keys(scenario.events).sort()).toEqual(['basket.emptied', 'basket.updated', 'order.paid']);
  expect(scenario.events['basket.updated']).toMatchObject({
    perDay: 3,
    data: { basketId: 'basketId-{n}', total: [21, 40, 60] },
  });
  expect(scenario.events['order.paid']?.follows).toEqual([{ after: 'basket.updated', share: 0.25, delay: day }]);
  expect(assumed).toHaveLength(3);
  expect((await drawn('birthday-gift')).scenario.attributes).toEqual({ orders: 1 });
  expect((await drawn('club-expiring')).scenario.events['points.expiring']).toMatchObject({
    source: 'volante',
    data: { program: 'club-points', points: [51, 100, 150] },
  });
});

test('what the scenario says stands; campaigns with an audience need nothing drawn', async () => {
  const { scenario } = await drawn('abandoned-basket', {
    events: eventsOf({ 'order.paid': { follows: [] }, 'basket.updated': { data: { total: 25 } } }),
  });
  expect(scenario.events['order.paid']?.follows).toEqual([]);
  expect(scenario.events['basket.updated']).toMatchObject({ perDay: 3, data: { total: 25 } });
  const bulk = await drawn('weekly-news');
  expect(bulk).toEqual({ scenario: builtInScenario().scenario, assumed: [] });
});
