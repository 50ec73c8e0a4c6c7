import fc from 'fast-check';
import type { ArmStatistics, CheckpointEvidence, MetricMeasurement, MetricPlan } from '../../decisions/evidence';
import { DecisionInputError } from '../../decisions/input-error';
import { judge } from '../../decisions/judge';
import type { Judgement } from '../../decisions/judgement';
import {
  complaint,
  conversion,
  evidence,
  measured,
  methods,
  share,
  statisticsOf,
  twoArms,
  unsubscribe,
} from '../support/decision-evidence';

const revenue: MetricPlan = { name: 'revenue', role: 'success', kind: 'mean', goodDirection: 'up' };
const swapNames = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replace(/"(a|b)"/g, (_, name: string) => (name === 'a' ? '"b"' : '"a"')));

/** A checkpoint of two arms: conversions, unsubscribes and complaints of each. */
const counts = fc.record({
  n: fc.integer({ min: 0, max: 20_000 }),
  m: fc.integer({ min: 0, max: 20_000 }),
  shares: fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 6, maxLength: 6 }),
  method: fc.constantFrom(...methods),
  final: fc.boolean(),
  required: fc.constantFrom('nonInferior' as const, 'notFailed' as const),
});
type Counts = typeof counts extends fc.Arbitrary<infer T> ? T : never;

function checkpoint({
  n,
  m,
  shares: [a1 = 0, b1 = 0, a2 = 0, b2 = 0, a3 = 0, b3 = 0],
  method,
  final,
  required,
}: Counts): CheckpointEvidence {
  const arms = (one: number, two: number) => ({ a: share(Math.floor(one * n), n), b: share(Math.floor(two * m), m) });
  return evidence({
    experiment: { ...twoArms, method },
    metrics: [conversion, unsubscribe, complaint],
    measurements: [
      measured('conversion', arms(a1, b1)),
      measured('unsubscribe', arms(a2 / 10, b2 / 10)),
      measured('complaint', arms(a3 / 60, b3 / 60)),
    ],
    final,
    requireGuardrails: required,
  });
}

const changeArm = (
  base: CheckpointEvidence,
  metric: string,
  arm: string,
  change: (stats: ArmStatistics) => ArmStatistics,
): CheckpointEvidence => ({
  ...base,
  measurements: base.measurements.map((measurement) => {
    const stats = measurement.arms[arm];
    if (measurement.metric !== metric || !stats) return measurement;
    return { ...measurement, arms: { ...measurement.arms, [arm]: change(stats) } };
  }),
});

/** How close a state is to promoting. */
const promotes = ({ state }: Judgement): number => (state === 'pass' ? 2 : state === 'fail' ? 0 : 1);
const numbersIn = (value: unknown): boolean =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? 'none' : inner,
  ) === JSON.stringify(value);

describe('whatever is measured', () => {
  test('the judgement is plain JSON without a missing number, and the same again', () => {
    fc.assert(
      fc.property(counts, (given) => {
        const judgement = judge(checkpoint(given));
        expect(JSON.parse(JSON.stringify(judgement))).toStrictEqual(judgement);
        expect(JSON.stringify(judgement)).not.toMatch(/null|NaN|Infinity|undefined/);
        expect(numbersIn(judgement)).toBe(true);
        expect(judge(checkpoint(given))).toStrictEqual(judgement);
        expect(judgement.verdicts.every(({ reason }) => reason.length > 5)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('more harm never moves towards promote', () => {
    fc.assert(
      fc.property(
        counts,
        fc.constantFrom('unsubscribe', 'complaint', 'conversion'),
        fc.constantFrom('a', 'b'),
        fc.integer({ min: 1, max: 400 }),
        (given, metric, arm, more) => {
          if (metric === 'conversion' && arm === 'a') return;
          if (metric === 'unsubscribe' && arm === 'a') return;
          const base = checkpoint(given);
          const worse = changeArm(base, metric, arm, ({ n, sum }) =>
            share(metric === 'conversion' ? Math.max(0, sum - more) : Math.min(n, sum + more), n),
          );
          expect(promotes(judge(worse))).toBeLessThanOrEqual(promotes(judge(base)));
        },
      ),
      { numRuns: 600 },
    );
  });

  test('a flaw in the data never moves towards promote, and never aborts by itself', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom('stale', 'error', 'missing', 'shares', 'exposure'), (given, flaw) => {
        const base = checkpoint(given);
        const flawed: CheckpointEvidence = {
          ...base,
          quality: {
            ...base.quality,
            mustHaveData: true,
            ...(flaw === 'shares' && {
              assigned: [{ wave: '1', weights: { a: 1, b: 1 }, counts: { a: 9000, b: 8000 } }],
            }),
            ...(flaw === 'exposure' && { multipleExposure: { share: 0.1, limit: 0.005 } }),
          },
          measurements: base.measurements.map(
            (measurement): MetricMeasurement =>
              measurement.metric === 'conversion' && (flaw === 'stale' || flaw === 'error' || flaw === 'missing')
                ? { ...measurement, status: flaw, detail: 'the source said nothing' }
                : measurement,
          ),
        };
        const [before, after] = [judge(base), judge(flawed)];
        expect(after.state).not.toBe('pass');
        expect(after).not.toHaveProperty('winner');
        if (before.state !== 'fail') expect(after.state).not.toBe('fail');
        const limits = after.verdicts.filter(({ metric, verdict }) => metric === 'complaint' && verdict === 'fail');
        if (limits.length > 0) expect(after.state).toBe('fail');
        else if (flaw === 'stale' || flaw === 'shares' || flaw === 'exposure') expect(after.state).toBe('invalid');
      }),
      { numRuns: 200 },
    );
  });

  test('renaming the arms renames the judgement', () => {
    fc.assert(
      fc.property(counts, (given) => {
        const base = checkpoint(given);
        const renamed = swapNames(base) as CheckpointEvidence;
        const one = judge({ ...base, experiment: { ...twoArms, method: given.method, controlMayWin: true } });
        const two = judge({
          ...renamed,
          experiment: { ...twoArms, method: given.method, controlMayWin: true, arms: ['b', 'a'], control: 'b' },
        });
        expect(two.state).toBe(one.state);
        expect(two.winner).toBe(one.winner && (swapNames(one.winner) as string));
        expect(two.verdicts.map(({ verdict, estimate }) => [verdict, estimate])).toEqual(
          one.verdicts.map(({ verdict, estimate }) => [verdict, estimate]),
        );
      }),
      { numRuns: 150 },
    );
  });

  test('swapping what the arms did mirrors the verdict on success', () => {
    const big = fc
      .integer({ min: 1000, max: 20_000 })
      .chain((n) => fc.integer({ min: 60, max: Math.floor(n / 3) }).map((events) => share(events, n)));
    fc.assert(
      fc.property(
        big,
        big,
        fc.constantFrom('group-sequential' as const, 'always-valid' as const, 'fixed' as const),
        fc.boolean(),
        (one, two, method, final) => {
          const scaled = (stats: ArmStatistics, other: ArmStatistics) => stats.sum * Math.min(1, other.n / stats.n);
          if (scaled(one, two) < 20 || scaled(two, one) < 20) return;
          const of = (a: ArmStatistics, b: ArmStatistics) =>
            judge(
              evidence({
                experiment: { ...twoArms, method, controlMayWin: true },
                measurements: [measured('conversion', { a, b })],
                final,
              }),
            );
          const [forth, back] = [of(one, two), of(two, one)];
          const [first, mirrored] = [forth.verdicts[0], back.verdicts[0]];
          const opposite = { pass: 'fail', fail: 'pass', inconclusive: 'inconclusive' } as Record<string, string>;
          expect(mirrored?.verdict).toBe(opposite[first?.verdict ?? '']);
          expect(mirrored?.estimate).toBeCloseTo(-(first?.estimate ?? 0), 12);
          if (first?.lower !== undefined) expect(mirrored?.upper).toBeCloseTo(-first.lower, 12);
          expect(back.state).toBe(forth.state);
          expect(back.winner).toBe(forth.winner && (swapNames(forth.winner) as string));
        },
      ),
      { numRuns: 200 },
    );
  });

  test('observed metrics change nothing', () => {
    fc.assert(
      fc.property(counts, fc.nat(3000), (given, events) => {
        const base = checkpoint(given);
        const observed: CheckpointEvidence = {
          ...base,
          metrics: [
            ...base.metrics,
            { ...complaint, name: 'watched', role: 'observe' },
            { ...conversion, name: 'opened', role: 'observe' },
          ],
          measurements: [
            ...base.measurements,
            measured('watched', { a: share(events, 3000), b: share(events, 3000) }),
            { metric: 'opened', status: 'error', arms: {}, detail: 'down' },
          ],
        };
        const [plain, watched] = [judge(base), judge(observed)];
        expect({ state: watched.state, winner: watched.winner, failing: watched.failing, arms: watched.arms }).toEqual({
          state: plain.state,
          winner: plain.winner,
          failing: plain.failing,
          arms: plain.arms,
        });
        expect(
          watched.verdicts.filter(({ role }) => role === 'observe').every(({ verdict }) => verdict === 'recorded'),
        ).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('nothing, or nearly nothing', () => {
  test('zero measurements are inconclusive, with any method', () => {
    for (const method of methods)
      for (const requireGuardrails of ['nonInferior', 'notFailed'] as const) {
        const experiment = { ...twoArms, method };
        expect(judge(evidence({ experiment, requireGuardrails, metrics: [] })).state).toBe('inconclusive');
        const judgement = judge(
          evidence({ experiment, requireGuardrails, metrics: [conversion, unsubscribe, complaint] }),
        );
        expect(judgement).toMatchObject({ state: 'inconclusive', failing: [], reason: 'nothing has been measured' });
        expect(judge(evidence({ experiment: undefined, requireGuardrails, metrics: [complaint] })).state).toBe(
          'inconclusive',
        );
      }
  });

  test('where data are asked for, their lack is invalid', () => {
    const quality = { ...evidence().quality, mustHaveData: true, minUnitsPerArm: 100, minEventsPerArm: 20 };
    const of = (arms: Record<string, ArmStatistics>) =>
      judge(evidence({ quality, measurements: [measured('conversion', arms)] }));
    expect(judge(evidence({ quality })).state).toBe('invalid');
    expect(of({ a: share(50, 500) })).toMatchObject({
      state: 'invalid',
      quality: [{ check: 'enough-data', ok: false }],
    });
    expect(of({ a: share(50, 500), b: share(50, 99) }).state).toBe('invalid');
    expect(of({ a: share(50, 500), b: share(19, 500) }).state).toBe('invalid');
    expect(of({ a: share(50, 500), b: share(20, 500) }).state).toBe('inconclusive');
  });

  test('a pass on too few is none, where data need not be there', () => {
    const measurements = [measured('conversion', { a: share(200, 4000), b: share(500, 4000) })];
    expect(judge(evidence({ measurements })).state).toBe('pass');
    const quality = { ...evidence().quality, minUnitsPerArm: 5000 };
    expect(judge(evidence({ measurements, quality })).state).toBe('inconclusive');
  });

  test('conversions nobody had, or everybody, allow no claim', () => {
    for (const method of methods)
      for (const events of [0, 1000]) {
        const arms = { a: share(events, 1000), b: share(events, 1000) };
        const judgement = judge(
          evidence({ experiment: { ...twoArms, method }, measurements: [measured('conversion', arms)] }),
        );
        expect(judgement).not.toHaveProperty('winner');
        expect(judgement.state).toBe('inconclusive');
      }
  });

  test('means that do not vary, or of few, decide nothing', () => {
    const of = (a: ArmStatistics, b: ArmStatistics) =>
      judge(evidence({ metrics: [revenue], measurements: [measured('revenue', { a, b })] })).state;
    expect(of(statisticsOf(Array(200).fill(5)), statisticsOf(Array(200).fill(9)))).toBe('inconclusive');
    expect(of(statisticsOf([1, 2, 3]), statisticsOf([101, 102, 103]))).toBe('inconclusive');
  });
});

describe('errors are never success', () => {
  const good = [measured('conversion', { a: share(500, 10_000), b: share(700, 10_000) })];
  const failedGuardrail: MetricMeasurement = {
    metric: 'unsubscribe',
    status: 'error',
    arms: {},
    detail: 'the source is down',
  };

  test('an error of a guardrail stops a pass', () => {
    const metrics = [conversion, unsubscribe];
    const clean = measured('unsubscribe', { a: share(50, 10_000), b: share(50, 10_000) });
    expect(judge(evidence({ metrics, measurements: [...good, clean] })).state).toBe('pass');
    const judgement = judge(evidence({ metrics, measurements: [...good, failedGuardrail] }));
    expect(judgement).toMatchObject({
      state: 'error',
      reason: 'unsubscribe could not be measured: the source is down',
    });
    expect(judgement.wouldChange[0]).toContain('the source is down');
    expect(judge(evidence({ metrics, measurements: [...good, { ...failedGuardrail, status: 'stale' }] })).state).toBe(
      'invalid',
    );
    expect(judge(evidence({ metrics, measurements: good })).state).toBe('inconclusive');
  });

  test('a limit that fails acts before anything else, harm that is shown before an error', () => {
    const limit = measured('complaint', { a: share(3, 4000), b: share(80, 4000) });
    const everythingElseBroken = evidence({
      metrics: [conversion, unsubscribe, complaint],
      measurements: [limit, failedGuardrail],
      quality: {
        ...evidence().quality,
        assigned: [{ wave: '1', weights: { a: 1, b: 1 }, counts: { a: 9000, b: 5000 } }],
        mustHaveData: true,
      },
    });
    expect(judge(everythingElseBroken)).toMatchObject({ state: 'fail', failing: ['b'] });
    const harm = measured('unsubscribe', { a: share(50, 10_000), b: share(300, 10_000) });
    expect(
      judge(
        evidence({
          metrics: [conversion, unsubscribe],
          measurements: [{ ...good[0], metric: 'conversion', status: 'error', arms: {} }, harm],
        }),
      ).state,
    ).toBe('fail');
    const shares = {
      ...evidence().quality,
      assigned: [{ wave: '1', weights: { a: 1, b: 1 }, counts: { a: 9000, b: 5000 } }],
    };
    expect(
      judge(evidence({ metrics: [conversion, unsubscribe], measurements: [...good, harm], quality: shares })).state,
    ).toBe('invalid');
  });

  test('an error of a quality metric is an error', () => {
    const metrics: MetricPlan[] = [
      conversion,
      { name: 'bots', role: 'quality', kind: 'proportion', goodDirection: 'down' },
    ];
    expect(
      judge(evidence({ metrics, measurements: [...good, { metric: 'bots', status: 'error', arms: {} }] })).state,
    ).toBe('error');
    expect(
      judge(
        evidence({
          metrics,
          measurements: [...good, measured('bots', { a: share(900, 10_000), b: share(910, 10_000) })],
        }),
      ).state,
    ).toBe('pass');
    expect(
      judge(
        evidence({
          metrics,
          measurements: [...good, measured('bots', { a: share(900, 10_000), b: share(2000, 10_000) })],
        }),
      ).state,
    ).toBe('invalid');
  });
});

describe('nonsense is refused by name', () => {
  const bad: [Partial<CheckpointEvidence>, string][] = [
    [{ experiment: { ...twoArms, arms: ['a'] } }, 'experiment.arms'],
    [{ experiment: { ...twoArms, arms: ['a', 'a'] } }, 'experiment.arms'],
    [{ experiment: { ...twoArms, control: 'c' } }, 'experiment.control'],
    [{ experiment: { ...twoArms, alpha: 0 } }, 'experiment.alpha'],
    [{ experiment: { ...twoArms, alphaAbort: 1 } }, 'experiment.alphaAbort'],
    [{ experiment: { ...twoArms, power: 2 } }, 'experiment.power'],
    [{ experiment: { ...twoArms, maxRecipients: 0 } }, 'experiment.maxRecipients'],
    [{ experiment: { ...twoArms, minEffect: { kind: 'relative', value: -1 } } }, 'experiment.minEffect'],
    [{ experiment: { ...twoArms, spending: { kind: 'power', phi: 0 } } }, 'experiment.spending.phi'],
    [{ experiment: { ...twoArms, bandit: { floor: 0.5 } } }, 'experiment.bandit.floor'],
    [{ metrics: [conversion, conversion] }, 'metrics'],
    [{ metrics: [{ ...complaint, max: undefined }] }, 'metrics.complaint.max'],
    [{ metrics: [{ ...complaint, min: 0.5 }] }, 'metrics.complaint.min'],
    [{ metrics: [{ ...complaint, alpha: 0 }] }, 'metrics.complaint.alpha'],
    [{ metrics: [{ ...unsubscribe, margin: { kind: 'absolute', value: -1 } }] }, 'metrics.unsubscribe.margin'],
    [{ measurements: [measured('conversion', { a: share(5, 4) })] }, 'measurements.conversion.a.sum'],
    [
      { measurements: [measured('conversion', { a: { n: Number.NaN, sum: 0, sumSquares: 0 } })] },
      'measurements.conversion.a.n',
    ],
    [{ measurements: [measured('unknown', {})] }, 'measurements.unknown'],
    [{ measurements: [measured('conversion', {}), measured('conversion', {})] }, 'measurements'],
    [
      { looks: [{ fraction: 1, final: false, comparisons: { conversion: { b: { fraction: 0, information: 1 } } } }] },
      'looks[0].conversion.b.fraction',
    ],
    [{ alphaAbort: 0 }, 'alphaAbort'],
  ];
  test.each(bad)('%j', (changes, input) => {
    expect(() => judge(evidence(changes))).toThrow(DecisionInputError);
    expect(() => judge(evidence(changes))).toThrow(input);
  });
});
