import fc from 'fast-check';
import { triggerLines } from '../../cli/trigger-text';
import type { PlannedTrigger } from '../../definition/plan-document';
import type { UnderWayFacts } from '../../definition/plan-facts';
import { planUnderWay } from '../../definition/plan-under-way';
import type { ResolvedCampaign } from '../../definition/resolved';
import { journeyCampaign, letter, wait } from '../support/journeys';

const day = 24 * 3600_000;
const rest = (id: string, days = 3) => wait(id, { for: days * day });
const before = journeyCampaign([letter('hello'), rest('rest-1'), letter('mid'), rest('rest-2'), letter('last')]);
const follow = (steps: Parameters<typeof journeyCampaign>[0]): ResolvedCampaign =>
  journeyCampaign(steps, { trigger: { underWay: 'follow' } });
const standing = (step: string | undefined, count: number, isHeld = false): UnderWayFacts => ({
  campaign: before,
  ...(step !== undefined && { step }),
  isHeld,
  count,
});
const people = [standing(undefined, 2), standing('rest-1', 250), standing('mid', 20), standing('rest-2', 40)];

test('who follows is told step by step: added, changed and dropped', () => {
  const after = follow([
    letter('hello'),
    rest('rest-1', 5),
    letter('between'),
    rest('rest-2'),
    letter('last'),
    letter('closing'),
  ]);
  expect(planUnderWay(after, people)).toEqual({
    journeys: 312,
    rule: 'follow',
    says: '312 under way: follow',
    steps: [
      {
        step: 'rest-1',
        change: 'changed',
        reached: 2,
        past: 310,
        says: '2 take it as it is now; 310 have begun it or are past it',
      },
      { step: 'between', change: 'added', reached: 272, past: 40, says: '272 take it; 40 are past it' },
      { step: 'closing', change: 'added', reached: 312, past: 0, says: '312 take it; 0 are past it' },
      {
        step: 'mid',
        change: 'removed',
        reached: 252,
        past: 60,
        says: '252 do not take it any more; 60 have begun it or are past it',
      },
    ],
  });
});

test('who waits before a step, because the campaign is paused, has not begun it', () => {
  const after = follow([
    letter('hello'),
    rest('rest-1'),
    letter('between'),
    letter('mid'),
    rest('rest-2'),
    letter('last'),
  ]);
  const steps = (isHeld: boolean) => planUnderWay(after, [standing('mid', 5, isHeld)])?.steps;
  expect(steps(true)).toMatchObject([{ step: 'between', reached: 5, past: 0 }]);
  expect(steps(false)).toMatchObject([{ step: 'between', reached: 0, past: 5 }]);
});

test('without the word, everybody stays; with nobody inside there is nothing to say', () => {
  const after = journeyCampaign([letter('hello'), letter('more')]);
  expect(planUnderWay(after, people)).toEqual({
    journeys: 312,
    rule: 'stay',
    says: '312 under way: stay on the file they began with',
    steps: [],
  });
  expect(planUnderWay(follow([letter('hello')]), [])).toBeUndefined();
});

test('`volante plan` shows it', () => {
  const after = follow([letter('hello'), rest('rest-1'), letter('new'), letter('mid'), rest('rest-2'), letter('last')]);
  const looked = { days: 30, seen: 0, isCut: false, matched: 0, contacts: 0, undecidable: 0, rivals: [] };
  const trigger: PlannedTrigger = { events: ['order.paid'], exits: [], reentry: 'never', priority: 0, ...looked };
  const lines = triggerLines(trigger, planUnderWay(after, people)).map((line) => line.join(' '));
  expect(lines).toEqual(
    expect.arrayContaining(['inside 312 under way: follow', ' + new: 252 take it; 60 are past it']),
  );
});

test('of an added step everybody is counted once: who takes it, and who is past it', () => {
  const places = [undefined, 'hello', 'rest-1', 'mid', 'rest-2', 'last'];
  const group = fc
    .tuple(fc.constantFrom(...places), fc.integer({ min: 1, max: 1000 }), fc.boolean())
    .map(([step, count, isHeld]) => standing(step, count, isHeld && step !== undefined));
  fc.assert(
    fc.property(fc.array(group, { minLength: 1 }), fc.integer({ min: 0, max: 5 }), (facts, at) => {
      const ids = ['hello', 'rest-1', 'mid', 'rest-2', 'last'];
      const order = [...ids.slice(0, at), 'new', ...ids.slice(at)];
      const planned = planUnderWay(follow(order.map((id) => (id.startsWith('rest') ? rest(id) : letter(id)))), facts);
      const [added] = planned?.steps ?? [];
      expect(planned?.steps.map(({ step, change }) => [step, change])).toEqual([['new', 'added']]);
      expect((added?.reached ?? 0) + (added?.past ?? 0)).toBe(planned?.journeys);
    }),
  );
});
