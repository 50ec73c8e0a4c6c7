import fc from 'fast-check';
import { scenarioSchema } from '../../simulation/scenario/schema';
import { amountChance, chance, exponentialChance } from '../../simulation/world/chance';
import { type ReactionEvent, reactionsOf, shareAt } from '../../simulation/world/reactions';

const began = '2029-01-08T08:00:00.000Z';
const minute = 60_000;
const day = 24 * 60 * minute;

const scenario = scenarioSchema.parse({
  description: 'test',
  rates: {
    clicked: { base: '10%', arms: { b: '20%' }, delay: '2h' },
    converted: { base: '30%', holdout: '5%', delay: '1d', amount: '40 EUR', spread: '20 EUR' },
    refund: { base: '50%', delay: '3d' },
  },
});

const people = Array.from({ length: 4_000 }, (_, index) => index + 1);

function reactionsOfAll(arm: string | undefined, order = people): Map<number, ReactionEvent[]> {
  return new Map(
    order.map((seq) => [
      seq,
      reactionsOf(scenario, { who: ['offer', seq], arm, at: Date.parse(began) }, { seed: 7, began }),
    ]),
  );
}

function shareOf(events: Map<number, ReactionEvent[]>, kind: string): number {
  return [...events.values()].filter((each) => each.some((event) => event.kind === kind)).length / events.size;
}

const sigma = (share: number) => Math.sqrt((share * (1 - share)) / people.length);

test('chance is the same for the same purpose, in any order, and uniform over purposes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000 }), fc.string(), (seed, purpose) => {
      const drawn = chance(seed, purpose);
      expect(drawn).toBeGreaterThan(0);
      expect(drawn).toBeLessThan(1);
      expect(chance(seed, purpose)).toBe(drawn);
    }),
  );
  const mean = people.reduce((sum, seq) => sum + chance(3, 'step', seq), 0) / people.length;
  expect(Math.abs(mean - 0.5)).toBeLessThan(3 * Math.sqrt(1 / 12 / people.length));
});

test('whoever is asked first, everybody does what they would have done', () => {
  const backwards = reactionsOfAll('a', [...people].reverse());
  for (const [seq, events] of reactionsOfAll('a')) expect(backwards.get(seq)).toEqual(events);
});

test('arms and the holdout have their own rates, within three standard errors', () => {
  for (const [arm, click, conversion] of [
    ['a', 0.1, 0.3],
    ['b', 0.2, 0.3],
    ['holdout', 0, 0.05],
  ] as const) {
    const events = reactionsOfAll(arm);
    expect(Math.abs(shareOf(events, 'clicked') - click)).toBeLessThanOrEqual(3 * sigma(click));
    expect(Math.abs(shareOf(events, 'converted') - conversion)).toBeLessThanOrEqual(3 * sigma(conversion));
  }
});

test('refunds give back what was paid, to half of those who paid, later', () => {
  const paid = [...reactionsOfAll('a').values()].filter((events) => events.some(({ kind }) => kind === 'converted'));
  const returned = paid.filter((events) => events.some(({ kind }) => kind === 'refund'));
  expect(Math.abs(returned.length / paid.length - 0.5)).toBeLessThan(3 * Math.sqrt(0.25 / paid.length));
  for (const events of returned) {
    const [order, refund] = ['converted', 'refund'].map((kind) => events.find((event) => event.kind === kind));
    expect(refund?.amount).toEqual(order?.amount);
    expect(refund?.at.getTime()).toBeGreaterThan(order?.at.getTime() ?? Number.POSITIVE_INFINITY);
  }
});

test('everything happens in whole minutes after the message', () => {
  for (const events of reactionsOfAll('b').values())
    for (const { at } of events) {
      expect(at.getTime()).toBeGreaterThan(Date.parse(began));
      expect((at.getTime() - Date.parse(began)) % minute).toBe(0);
    }
});

test('drift moves all arms in proportion, from the start to its end and no further', () => {
  const rate = scenarioSchema.parse({
    description: 'drift',
    rates: { clicked: { base: '4%', arms: { b: '6%' }, drift: { to: '8%', over: '10d' } } },
  }).rates.clicked;
  if (!rate) throw new Error('no rate');
  expect(shareAt(rate, 'a', 0)).toBeCloseTo(0.04, 12);
  expect(shareAt(rate, 'a', 5 * day)).toBeCloseTo(0.06, 12);
  expect(shareAt(rate, 'b', 5 * day)).toBeCloseTo(0.09, 12);
  expect(shareAt(rate, 'a', 50 * day)).toBeCloseTo(0.08, 12);
  expect(shareAt(rate, 'b', -day)).toBeCloseTo(0.06, 12);
});

test('delays and amounts have the means that they are given', () => {
  const mean = (draw: (seq: number) => number) => people.reduce((sum, seq) => sum + draw(seq), 0) / people.length;
  expect(Math.abs(mean((seq) => exponentialChance(10, 1, seq)) - 10)).toBeLessThan((3 * 10) / Math.sqrt(people.length));
  const amounts = { mean: 40, deviation: 20 };
  expect(Math.abs(mean((seq) => amountChance(amounts, 1, seq)) - 40)).toBeLessThan((3 * 20) / Math.sqrt(people.length));
  expect(amountChance({ mean: 40, deviation: 0 }, 1, 'x')).toBe(40);
});
