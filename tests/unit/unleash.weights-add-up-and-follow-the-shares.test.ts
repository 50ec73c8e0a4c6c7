import fc from 'fast-check';
import { does, keptFirst, readRollout, rolloutOf, type Strategy, strategyBody } from '../../platforms/unleash/strategy';
import { perCent, perMille } from '../../platforms/unleash/weights';

const share = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e6, noNaN: true }));
const shares = fc
  .dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), share, { minKeys: 1, maxKeys: 12 })
  .filter((weights) => Object.values(weights).some((weight) => weight > 0));

const asRecord = (arms: { name: string; weight: number }[]): Record<string, number> =>
  Object.fromEntries(arms.map(({ name, weight }) => [name, weight]));

test('weights are whole thousandths that add up to 1000; who has a share gets one, who has none gets none', () => {
  fc.assert(
    fc.property(shares, (weights) => {
      const arms = perMille(weights);
      expect(arms.reduce((sum, { weight }) => sum + weight, 0)).toBe(1000);
      for (const { name, weight } of arms) {
        expect(Number.isInteger(weight)).toBe(true);
        expect(weight > 0).toBe((weights[name] ?? 0) > 0);
      }
    }),
  );
});

test('no weight is a thousandth off its share, but where an arm is lifted to the least that there is', () => {
  fc.assert(
    fc.property(shares, (weights) => {
      const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
      const exact = perMille(weights).map(({ name, weight }) => ({
        weight,
        exact: ((weights[name] ?? 0) / total) * 1000,
      }));
      const lifted = exact.filter((arm) => arm.exact > 0 && arm.exact < 1).length;
      for (const arm of exact) expect(Math.abs(arm.weight - arm.exact)).toBeLessThanOrEqual(1 + lifted + 1e-6);
    }),
  );
});

test('weights depend neither on the scale of the shares nor on their order', () => {
  fc.assert(
    fc.property(shares, fc.constantFrom(0.5, 2, 1024), (weights, scale) => {
      const scaled = Object.fromEntries(
        Object.entries(weights)
          .map(([name, weight]): [string, number] => [name, weight * scale])
          .reverse(),
      );
      expect(perMille(scaled)).toEqual(perMille(weights));
    }),
  );
});

test.each([
  [
    { a: 0.5, b: 0.5 },
    { a: 500, b: 500 },
  ],
  [
    { b: 1, a: 1, c: 1 },
    { a: 334, b: 333, c: 333 },
  ],
  [
    { a: 0.29, b: 0.71 },
    { a: 290, b: 710 },
  ],
  [
    { a: 1, b: 0 },
    { a: 1000, b: 0 },
  ],
  [
    { a: 1e-9, b: 1 },
    { a: 1, b: 999 },
  ],
])('%j is %j', (weights: Record<string, number>, expected) => {
  expect(asRecord(perMille(weights))).toEqual(expected);
});

test.each<[Record<string, number>]>([[{}], [{ a: 0 }], [{ a: -1, b: 2 }], [{ a: Number.NaN }], [{ a: Infinity }]])(
  '%j is no weights',
  (weights) => {
    expect(() => perMille(weights)).toThrow(RangeError);
  },
);

test('exposure is whole per cent, never more than was asked for, and every whole per cent is itself', () => {
  for (let percent = 0; percent <= 100; percent += 1) expect(perCent(percent / 100)).toBe(percent);
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), (exposure) => {
      expect(perCent(exposure)).toBeLessThanOrEqual(exposure * 100 + 1e-6);
      expect(perCent(exposure)).toBeGreaterThan(exposure * 100 - 1);
    }),
  );
  for (const none of [-0.1, 1.1, 0.004, Number.NaN]) expect(() => perCent(none)).toThrow(RangeError);
});

test('a strategy that was made from a rollout is read as that rollout, and any hand that touched it is noticed', () => {
  fc.assert(
    fc.property(shares, fc.integer({ min: 0, max: 100 }), (weights, percent) => {
      const rollout = rolloutOf({ salt: 's', exposure: percent / 100, weights });
      const strategy = { id: 'x', ...strategyBody(rollout) } as unknown as Strategy;
      expect(readRollout(strategy)).toEqual(rollout);
      expect(does(strategy, rollout)).toBe(true);
      const touched: Partial<Strategy>[] = [
        { disabled: true },
        { title: 'mine' },
        { name: 'default' },
        { constraints: [{}] },
        { segments: [1] },
        { parameters: { ...strategy.parameters, stickiness: 'random' } },
        { parameters: { ...strategy.parameters, groupId: 'other' } },
        { parameters: { ...strategy.parameters, rollout: String(percent + 1) } },
        { variants: [] },
      ];
      for (const change of touched) expect(does({ ...strategy, ...change }, rollout)).toBe(false);
    }),
  );
});

test('exactly one arm takes what the others leave, and it is one with a weight', () => {
  fc.assert(
    fc.property(shares, (weights) => {
      const { variants } = strategyBody(rolloutOf({ salt: 's', exposure: 1, weights })) as {
        variants: { weight: number; weightType: string }[];
      };
      const variable = variants.filter(({ weightType }) => weightType === 'variable');
      expect(variable).toHaveLength(1);
      expect(variable[0]?.weight).toBeGreaterThan(0);
    }),
  );
});

test('of several strategies ours is kept, and of several of ours the same whatever their order', () => {
  const strategy = (id: string, title?: string): Strategy => ({ id, title, name: 'flexibleRollout' });
  const all = [strategy('1'), strategy('3', 'Volante'), strategy('2', 'Volante')];
  expect(keptFirst(all).map(({ id }) => id)).toEqual(['2', '3', '1']);
  expect(keptFirst([...all].reverse())).toEqual(keptFirst(all));
});
