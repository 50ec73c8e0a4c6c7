import fc from 'fast-check';
import type { LookOfComparison, Spending } from '../../decisions/evidence';
import { groupSequentialBounds, sequentialLook, spentAlpha } from '../../decisions/group-sequential';
import { DecisionInputError } from '../../decisions/input-error';
import { createRandom } from '../../decisions/random';
import { normalUpperQuantile } from '../../decisions/special/normal';
import fixtures from '../fixtures/decisions/published-methods.json';

const equal = (looks: number): number[] => Array.from({ length: looks }, (_, index) => (index + 1) / looks);
const obrienFleming: Spending = { kind: 'obrien-fleming' };
const spendings = fc.oneof(
  fc.constant(obrienFleming),
  fc.double({ min: 0.5, max: 4, noNaN: true }).map((phi): Spending => ({ kind: 'power', phi })),
);
const someLooks = fc
  .uniqueArray(fc.integer({ min: 5, max: 100 }), { minLength: 1, maxLength: 6 })
  .map((shares) => shares.sort((one, two) => one - two).map((share) => share / 100));

describe('bounds that others published', () => {
  test('20 looks, alpha t²: 3.8361, 3.5417, 3.3675 … 2.2197', () => {
    const bounds = groupSequentialBounds({ alpha: 0.05, spending: { kind: 'power', phi: 2 }, fractions: equal(20) });
    [3.8361, 3.5417, 3.3675].forEach((bound, look) => {
      expect(Math.abs((bounds[look] ?? 0) - bound)).toBeLessThan(2e-4);
    });
    expect(Math.abs((bounds[19] ?? 0) - 2.2197)).toBeLessThan(2e-4);
  });
  test("20 looks of O'Brien and Fleming end at 2.17", () =>
    expect(groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions: equal(20) })[19]).toBeCloseTo(
      2.167,
      3,
    ));
  test('alpha spent evenly over five looks (Lan and DeMets 1983): 2.576, 2.492, 2.411', () => {
    const bounds = groupSequentialBounds({ alpha: 0.05, spending: { kind: 'power', phi: 1 }, fractions: equal(5) });
    [2.576, 2.492, 2.411].forEach((bound, look) => {
      expect(bounds[look]).toBeCloseTo(bound, 3);
    });
  });
  test.each(fixtures.groupSequential)(
    'against the multivariate normal of scipy: %#',
    ({ spending, bounds, ...input }) => {
      const ours = groupSequentialBounds({ ...input, spending: spending as Spending });
      bounds.forEach((bound, look) => {
        expect(Math.abs((ours[look] ?? 0) - bound)).toBeLessThan(5e-6);
      });
    },
  );
  test('one look is the fixed horizon', () =>
    expect(groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions: [1] })[0]).toBeCloseTo(
      normalUpperQuantile(0.025),
      12,
    ));
});

describe('what must hold of any looks', () => {
  test('simulated without effect, any look crosses as often as alpha says', () => {
    const random = createRandom(11);
    for (const { fractions, information, spending } of [
      {
        fractions: [0.1, 0.15, 0.6, 1],
        information: [0.1, 0.15, 0.6, 1],
        spending: { kind: 'power', phi: 1.5 } as Spending,
      },
      { fractions: [0.2, 0.5, 1], information: [0.4, 0.5, 1.7], spending: obrienFleming },
    ]) {
      const bounds = groupSequentialBounds({ alpha: 0.1, spending, fractions, information });
      const reps = 40_000;
      let crossed = 0;
      for (let rep = 0; rep < reps; rep += 1) {
        let score = 0;
        let hit = false;
        information.forEach((info, look) => {
          score += Math.sqrt(info - (information[look - 1] ?? 0)) * random.normal();
          hit ||= Math.abs(score) / Math.sqrt(info) > (bounds[look] ?? 0);
        });
        if (hit) crossed += 1;
      }
      expect(Math.abs(crossed / reps - 0.1)).toBeLessThan(4 * Math.sqrt((0.1 * 0.9) / reps));
    }
  });

  test('spending rises from 0 to alpha; the first bound stands by itself', () => {
    fc.assert(
      fc.property(spendings, someLooks, (spending, fractions) => {
        const spent = fractions.map((t) => spentAlpha({ spending, alpha: 0.05, t }));
        spent.forEach((value, look) => {
          expect(value).toBeGreaterThanOrEqual(spent[look - 1] ?? 0);
          expect(value).toBeLessThanOrEqual(0.05);
        });
        expect(spentAlpha({ spending, alpha: 0.05, t: 1 })).toBe(0.05);
        expect(spentAlpha({ spending, alpha: 0.05, t: 0 })).toBe(0);
        const [first = 0] = groupSequentialBounds({ alpha: 0.05, spending, fractions });
        if (Number.isFinite(first)) expect(first).toBeCloseTo(normalUpperQuantile((spent[0] ?? 0) / 2), 9);
      }),
      { numRuns: 50 },
    );
  });

  test('every bound is at least the fixed one, and a smaller alpha asks for more', () => {
    fc.assert(
      fc.property(spendings, someLooks, (spending, fractions) => {
        const bounds = groupSequentialBounds({ alpha: 0.05, spending, fractions });
        const stricter = groupSequentialBounds({ alpha: 0.01, spending, fractions });
        bounds.forEach((bound, look) => {
          expect(bound).toBeGreaterThanOrEqual(normalUpperQuantile(0.025) - 1e-9);
          expect(stricter[look]).toBeGreaterThanOrEqual(bound);
        });
      }),
      { numRuns: 50 },
    );
  });

  test("O'Brien–Fleming bounds fall over equal looks", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 25 }), fc.double({ min: 0.005, max: 0.2, noNaN: true }), (looks, alpha) => {
        const bounds = groupSequentialBounds({ alpha, spending: obrienFleming, fractions: equal(looks) });
        bounds.forEach((bound, look) => {
          expect(bound).toBeLessThanOrEqual(bounds[look - 1] ?? Number.POSITIVE_INFINITY);
        });
      }),
      { numRuns: 25 },
    );
  });

  test('an extra look makes the later ones dearer', () => {
    const few = groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions: [0.5, 1] });
    const more = groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions: [0.5, 0.75, 1] });
    expect(more[0]).toBeCloseTo(few[0] ?? 0, 9);
    expect(more[2]).toBeGreaterThan(few[1] ?? 0);
  });

  test('far too early there is nothing to spend, and no bound', () =>
    expect(groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions: [0.001, 1] })[0]).toBe(
      Number.POSITIVE_INFINITY,
    ));

  test('nonsense is refused', () => {
    const good = { alpha: 0.05, spending: obrienFleming, fractions: [0.5, 1] };
    for (const changed of [
      { alpha: 0 },
      { alpha: 1 },
      { fractions: [0.5, 0.4] },
      { fractions: [0, 1] },
      { fractions: [0.5, 1.1] },
      { information: [1] },
      { information: [1, 1] },
      { information: [0, 1] },
      { spending: { kind: 'power' as const, phi: 0 } },
    ])
      expect(() => groupSequentialBounds({ ...good, ...changed })).toThrow(DecisionInputError);
  });
});

describe('one look after another', () => {
  const take = (earlier: LookOfComparison[], fraction: number) =>
    sequentialLook({ alpha: 0.05, spending: obrienFleming, earlier, fraction, information: fraction });

  test('looks taken one by one have the bounds of all taken together', () => {
    const fractions = [0.3, 0.35, 0.9, 1];
    const together = groupSequentialBounds({ alpha: 0.05, spending: obrienFleming, fractions });
    const earlier: LookOfComparison[] = [];
    fractions.forEach((fraction, look) => {
      const { bound, fraction: used, information, spent } = take(earlier, fraction);
      expect(bound).toBeCloseTo(together[look] ?? 0, 9);
      expect(spent).toBeCloseTo(spentAlpha({ spending: obrienFleming, alpha: 0.05, t: fraction }) / 0.05, 9);
      earlier.push({ fraction: used, information });
    });
  });

  test('the same look again is the same look: a retry or a replay spends nothing', () => {
    fc.assert(
      fc.property(someLooks, fc.integer({ min: 1, max: 4 }), (fractions, times) => {
        const earlier: LookOfComparison[] = [];
        for (const fraction of fractions) {
          const once = take(earlier, fraction);
          for (let again = 0; again < times; again += 1) {
            earlier.push({ fraction: once.fraction, information: once.information });
            expect(take(earlier, fraction)).toEqual(once);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test('a look past the planned maximum spends what is left; after it there is nothing', () => {
    const past = take([{ fraction: 0.8, information: 0.8 }], 1.2);
    expect(past).toMatchObject({ fraction: 1, exhausted: false, spent: 1 });
    expect(past.bound).toBeGreaterThan(1.96);
    const after = take(
      [
        { fraction: 0.8, information: 0.8 },
        { fraction: 1, information: 1.2 },
      ],
      1.5,
    );
    expect(after).toMatchObject({ exhausted: true, spent: 1 });
    expect(after.bound).toBeUndefined();
  });

  test('a clock that runs backwards (an arm was dropped) stands still', () => {
    const look = sequentialLook({
      alpha: 0.05,
      spending: obrienFleming,
      earlier: [{ fraction: 0.6, information: 0.5 }],
      fraction: 0.4,
      information: 0.7,
    });
    expect(look.fraction).toBe(0.6);
    expect(look.bound).toBeUndefined();
  });
});
