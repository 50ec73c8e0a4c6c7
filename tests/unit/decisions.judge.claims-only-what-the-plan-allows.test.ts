import type {
  ArmStatistics,
  CheckpointEvidence,
  ExperimentPlan,
  Look,
  MetricPlan,
  ObjectiveEvidence,
} from '../../decisions/evidence';
import { judge } from '../../decisions/judge';
import { levelsOf } from '../../decisions/levels';
import { complaint, conversion, evidence, measured, share, twoArms, unsubscribe } from '../support/decision-evidence';

const arms = (a: [number, number], b: [number, number]) => ({ a: share(...a), b: share(...b) });
const of = (a: [number, number], b: [number, number], changes: Partial<CheckpointEvidence> = {}) =>
  judge(evidence({ measurements: [measured('conversion', arms(a, b))], ...changes }));
const experiment = (changes: Partial<ExperimentPlan>): ExperimentPlan => ({ ...twoArms, ...changes });

describe('evaluations of a flag', () => {
  const shown: MetricPlan = { name: 'orders', role: 'observe', kind: 'count', goodDirection: 'up' };
  const counted = (a: [number, number], b: [number, number]) => ({
    ...measured('orders', arms(a, b)),
    detail: 'evaluations of order-button',
  });
  const clicks = measured('conversion', arms([500, 10_000], [620, 10_000]));

  test('stand beside the decision with their numbers, however much they differ, and change nothing in it', () => {
    const without = judge(evidence({ measurements: [clicks] }));
    const beside = judge(
      evidence({ metrics: [conversion, shown], measurements: [clicks, counted([12_000, 9_000], [1, 20_000])] }),
    );
    expect({ ...beside, verdicts: beside.verdicts.slice(0, 1) }).toEqual(without);
    const recorded = { metric: 'orders', verdict: 'recorded', method: 'none', role: 'observe', kind: 'count' };
    expect(beside.verdicts.slice(1)).toEqual([
      {
        ...recorded,
        goodDirection: 'up',
        arm: 'a',
        armValue: 12_000,
        reason:
          "orders of a: 12,000 evaluations of order-button, 1.33 for each of the experiment's own flag; they are not people, so nothing is compared",
      },
      {
        ...recorded,
        goodDirection: 'up',
        arm: 'b',
        armValue: 1,
        reason:
          "orders of b: 1 evaluations of order-button, 0.00005 for each of the experiment's own flag; they are not people, so nothing is compared",
      },
    ]);
  });

  test('in any other role they are refused', () => {
    const acting = { ...shown, role: 'success' } as const;
    expect(() => judge(evidence({ metrics: [acting], measurements: [counted([1, 1], [9, 9])] }))).toThrow(
      'is observe for a count',
    );
  });
});

describe('a claim', () => {
  test('names winner, numbers and method, and what would have changed it', () => {
    const judgement = of([500, 10_000], [620, 10_000]);
    expect(judgement).toMatchObject({
      methodVersion: 'decisions/1',
      state: 'pass',
      winner: 'b',
      leader: 'b',
      arms: { a: 'inconclusive', b: 'pass' },
    });
    expect(judgement.reason).toBe(
      'b wins: conversion of b: 6.2 %, of a: 5 %; a difference of 1.2 points (+24 %), between 0.299 points and 2.1 points',
    );
    expect(judgement.verdicts[0]).toMatchObject({
      method: 'group-sequential',
      n: 10_000,
      events: 620,
      nControl: 10_000,
      eventsControl: 500,
      alpha: 0.05,
      passAt: 0,
    });
    expect(judgement.wouldChange).toEqual(['conversion of b would not have passed 0.299 points lower']);
  });

  test('what is missing for it is told in points and recipients, and is right', () => {
    const short = of([500, 10_000], [560, 10_000], { experiment: experiment({ method: 'always-valid' }) });
    expect(short.state).toBe('inconclusive');
    const [, more = ''] = /about ([\d,]+) more recipients an arm/.exec(short.wouldChange[0] ?? '') ?? [];
    const factor = 1 + Number(more.replaceAll(',', '')) / 10_000;
    const scaled = (times: number) =>
      of([Math.round(500 * times), Math.round(10_000 * times)], [Math.round(560 * times), Math.round(10_000 * times)], {
        experiment: experiment({ method: 'always-valid', maxRecipients: 40_000 * times }),
      }).state;
    expect(scaled(factor * 1.01)).toBe('pass');
    expect(scaled(factor * 0.97)).toBe('inconclusive');
  });

  test('of the worse arm is futile, and fails nothing; the control wins only where it may', () => {
    const worse = of([620, 10_000], [500, 10_000]);
    expect(worse).toMatchObject({ state: 'inconclusive', leader: 'a', futile: ['b'], failing: [] });
    expect(worse).not.toHaveProperty('winner');
    const symmetric = of([620, 10_000], [500, 10_000], { experiment: experiment({ controlMayWin: true }) });
    expect(symmetric).toMatchObject({ state: 'pass', winner: 'a', leader: 'a' });
  });

  test('on a second metric does not carry an arm that is worse on the first', () => {
    const clicks: MetricPlan = { ...conversion, name: 'click' };
    const judgement = of([600, 10_000], [400, 10_000], {
      metrics: [conversion, clicks],
      measurements: [
        measured('conversion', arms([600, 10_000], [400, 10_000])),
        measured('click', arms([1000, 10_000], [1400, 10_000])),
      ],
    });
    expect(judgement.verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'pass']);
    expect(judgement.state).toBe('inconclusive');
  });

  test('that asks for more than 0 holds the bound against that', () => {
    const asked = (value: number) =>
      of([500, 10_000], [620, 10_000], { metrics: [{ ...conversion, margin: { kind: 'relative', value } }] }).state;
    expect(asked(0.02)).toBe('pass');
    expect(asked(0.2)).toBe('inconclusive');
    const absolute = (value: number) =>
      of([500, 10_000], [620, 10_000], { metrics: [{ ...conversion, margin: { kind: 'absolute', value } }] }).state;
    expect([absolute(0.002), absolute(0.004)]).toEqual(['pass', 'inconclusive']);
  });

  test('shares alpha over success metrics and variants, not over guardrails', () => {
    const three = {
      ...evidence(),
      experiment: experiment({ arms: ['a', 'b', 'c'] }),
      metrics: [conversion, { ...conversion, name: 'click' }, unsubscribe, complaint],
    };
    const levels = levelsOf(three);
    expect(levels.success).toBeCloseTo(0.05 / 4, 12);
    expect(levels.guardrail).toBe(0.05);
    expect(levels.failing(unsubscribe)).toBeCloseTo(0.05 / 2 / 2, 12);
    expect(levels.limit(complaint)).toBe(0.01);
    expect(levels.limit({ ...complaint, alpha: undefined })).toBeCloseTo(0.05 / 2 / 3, 12);
  });

  test('is made on few events by the split of conversions, and says so', () => {
    const rare = of([2, 20_000], [60, 20_000]);
    expect(rare.verdicts[0]).toMatchObject({ method: 'conversion-split', verdict: 'pass' });
    expect(rare.verdicts[0]?.pValue).toBeLessThan(1e-4);
    expect(rare.look.comparisons).toEqual({});
    expect(of([19, 20_000], [25, 20_000]).verdicts[0]?.method).toBe('conversion-split');
    expect(of([20, 20_000], [25, 20_000]).verdicts[0]?.method).toBe('group-sequential');
    expect(of([9990, 10_000], [9900, 10_000]).verdicts[0]).toMatchObject({
      method: 'conversion-split',
      verdict: 'fail',
    });
  });
});

describe('the alpha ledger', () => {
  /** One look after another, each handing its line to the next. */
  function looks(sizes: number[], changes: Partial<CheckpointEvidence> = {}) {
    const taken: Look[] = [];
    return sizes.map((n, index) => {
      const judgement = of([n / 20, n], [n / 20, n], {
        looks: [...taken],
        final: index === sizes.length - 1,
        ...changes,
      });
      taken.push(judgement.look);
      return judgement;
    });
  }

  test('bounds fall from look to look and alpha is spent to the end', () => {
    const all = looks([4000, 8000, 12_000, 20_000]);
    const bounds = all.map(({ look }) => look.bound ?? Number.POSITIVE_INFINITY);
    expect(bounds).toEqual([...bounds].sort((one, two) => two - one));
    expect(all.map(({ look }) => look.alphaSpent).at(-1)).toBe(1);
    expect(all[0]?.look.comparisons).toEqual({ conversion: { b: { fraction: 0.2, information: 2000 } } });
  });

  test('judging the same data again spends nothing, however often', () => {
    const [first] = looks([4000, 8000]);
    if (!first) throw new Error('a first look');
    const again = of([200, 4000], [200, 4000], { looks: [first.look, first.look, first.look] });
    expect(again.look).toEqual(first.look);
    expect(again.verdicts).toEqual(first.verdicts);
  });

  test('after the final look nothing more can be claimed, however good it looks', () => {
    for (const method of ['group-sequential', 'fixed'] as const) {
      const [last] = looks([10_000], { experiment: experiment({ method }) });
      if (!last) throw new Error('a last look');
      const later = of([1000, 20_000], [1600, 20_000], {
        looks: [last.look],
        final: true,
        experiment: experiment({ method }),
      });
      expect(later.state).toBe('inconclusive');
      expect(later.look.exhausted).toBe(true);
      expect(later.verdicts[0]?.lower).toBeUndefined();
    }
  });

  test('harm is still seen after alpha for claims is spent', () => {
    const metrics = [conversion, unsubscribe];
    const measure = (n: number, harm: number) => [
      measured('conversion', arms([n / 20, n], [n / 20, n])),
      measured('unsubscribe', arms([n / 100, n], [harm, n])),
    ];
    const last = judge(evidence({ metrics, measurements: measure(10_000, 100), final: true }));
    const later = judge(evidence({ metrics, measurements: measure(20_000, 900), looks: [last.look], final: true }));
    expect(later).toMatchObject({ state: 'fail', failing: ['b'] });
  });

  test('past the planned maximum alpha is spent once, not twice', () => {
    const beyond = of([1250, 25_000], [1250, 25_000]);
    expect(beyond.look.comparisons.conversion?.b).toMatchObject({ fraction: 1 });
    expect(of([1500, 30_000], [2000, 30_000], { looks: [beyond.look] }).state).toBe('inconclusive');
  });

  test('a fixed horizon claims at its end only', () => {
    const fixed = { experiment: experiment({ method: 'fixed' }) };
    expect(of([500, 10_000], [900, 10_000], fixed)).toMatchObject({
      state: 'inconclusive',
      verdicts: [{ method: 'fixed-z' }],
    });
    expect(of([500, 10_000], [900, 10_000], { ...fixed, final: true }).state).toBe('pass');
  });

  test('always-valid needs no ledger', () => {
    const valid = { experiment: experiment({ method: 'always-valid' }) };
    const one = of([500, 10_000], [900, 10_000], valid);
    expect(of([500, 10_000], [900, 10_000], { ...valid, looks: [one.look, one.look] }).verdicts).toEqual(one.verdicts);
  });
});

describe('more than two arms', () => {
  const three = experiment({ arms: ['a', 'b', 'c'], maxRecipients: 60_000 });
  const all = (a: [number, number], b: [number, number], c: [number, number]) => ({
    a: share(...a),
    b: share(...b),
    c: share(...c),
  });
  const healthy = measured('unsubscribe', all([100, 10_000], [100, 10_000], [100, 10_000]));

  test('the best of those that pass wins', () => {
    const judgement = judge(
      evidence({
        experiment: three,
        measurements: [measured('conversion', all([500, 10_000], [680, 10_000], [720, 10_000]))],
      }),
    );
    expect(judgement).toMatchObject({ state: 'pass', winner: 'c', arms: { b: 'pass', c: 'pass' } });
  });

  test('an arm that does harm fails the checkpoint, and can be dropped', () => {
    const base = evidence({
      experiment: three,
      metrics: [conversion, unsubscribe],
      measurements: [
        measured('conversion', all([500, 10_000], [700, 10_000], [720, 10_000])),
        { ...healthy, arms: { ...healthy.arms, c: share(400, 10_000) } },
      ],
    });
    expect(judge(base)).toMatchObject({ state: 'fail', failing: ['c'], arms: { b: 'pass', c: 'fail' } });
    const without = judge({ ...base, excluded: ['c'] });
    expect(without).toMatchObject({ state: 'pass', winner: 'b', failing: [] });
    expect(without.verdicts.every(({ arm }) => arm !== 'c')).toBe(true);
    expect(without.verdicts[0]?.alpha).toBeCloseTo(0.025, 12);
  });

  test('without its control nothing can be compared, and nothing promoted', () => {
    const judgement = judge(
      evidence({
        experiment: three,
        excluded: ['a'],
        measurements: [measured('conversion', all([500, 10_000], [680, 10_000], [720, 10_000]))],
      }),
    );
    expect(judgement.state).toBe('inconclusive');
    expect(judgement.verdicts[0]?.reason).toContain('control was dropped');
  });
});

describe('guardrails', () => {
  const metrics = [conversion, unsubscribe];
  const judged = (harm: number, requireGuardrails: CheckpointEvidence['requireGuardrails']) =>
    judge(
      evidence({
        metrics,
        requireGuardrails,
        measurements: [
          measured('conversion', arms([500, 10_000], [700, 10_000])),
          measured('unsubscribe', arms([200, 10_000], [harm, 10_000])),
        ],
      }),
    );

  test('proven, open and broken', () => {
    expect(judged(200, 'nonInferior')).toMatchObject({ state: 'pass' });
    expect(judged(270, 'nonInferior')).toMatchObject({ state: 'inconclusive' });
    expect(judged(270, 'notFailed')).toMatchObject({ state: 'pass', winner: 'b' });
    expect(judged(500, 'notFailed')).toMatchObject({ state: 'fail', failing: ['b'] });
  });

  test('deterioration passes unless it is shown', () => {
    const watched: MetricPlan = { ...conversion, name: 'orders', role: 'deterioration' };
    const state = (orders: number) =>
      judge(
        evidence({
          metrics: [conversion, watched],
          requireGuardrails: 'nonInferior',
          measurements: [
            measured('conversion', arms([500, 10_000], [700, 10_000])),
            measured('orders', arms([300, 10_000], [orders, 10_000])),
          ],
        }),
      ).state;
    expect([state(300), state(280), state(150)]).toEqual(['pass', 'pass', 'fail']);
  });

  test('a limit on a ratio looks at each arm alone', () => {
    const cost: MetricPlan = { name: 'cost', role: 'guardrail', kind: 'ratio', goodDirection: 'down', max: 12 };
    const spend = (amount: number): ArmStatistics => ({
      n: 5000,
      sum: amount * 500,
      sumSquares: amount * amount * 500 * 1.2,
      denominator: { sum: 500, sumSquares: 500, cross: amount * 500 },
    });
    const state = (a: number, b: number) =>
      judge(
        evidence({
          metrics: [cost],
          requireGuardrails: 'nonInferior',
          measurements: [measured('cost', { a: spend(a), b: spend(b) })],
        }),
      );
    expect(state(8, 9)).toMatchObject({ state: 'pass' });
    expect(state(8, 30)).toMatchObject({ state: 'fail', failing: ['b'] });
    expect(state(8, 12)).toMatchObject({ state: 'inconclusive' });
  });
});

describe('one group', () => {
  const group = (events: number, n: number, changes: Partial<CheckpointEvidence> = {}) =>
    judge(
      evidence({
        experiment: undefined,
        metrics: [complaint],
        measurements: [measured('complaint', { all: share(events, n) })],
        requireGuardrails: 'nonInferior',
        ...changes,
      }),
    );

  test('is judged by its limits', () => {
    expect(group(2, 10_000)).toMatchObject({ state: 'pass', failing: [] });
    expect(group(2, 500)).toMatchObject({ state: 'inconclusive' });
    expect(group(2, 500, { requireGuardrails: 'notFailed' })).toMatchObject({ state: 'pass' });
    expect(group(40, 2000)).toMatchObject({ state: 'fail', failing: ['all'] });
  });

  test('a success metric has a minimum, and one without limits is recorded only', () => {
    const click: MetricPlan = { ...conversion, name: 'click', min: 0.02 };
    const state = (clicks: number) =>
      group(2, 10_000, {
        metrics: [complaint, click],
        measurements: [
          measured('complaint', { all: share(2, 10_000) }),
          measured('click', { all: share(clicks, 10_000) }),
        ],
      });
    expect(state(400).state).toBe('pass');
    expect(state(205).state).toBe('inconclusive');
    expect(state(100)).toMatchObject({ state: 'inconclusive', failing: [] });
    const recorded = group(2, 10_000, {
      metrics: [complaint, conversion],
      measurements: [
        measured('complaint', { all: share(2, 10_000) }),
        measured('conversion', { all: share(9, 10_000) }),
      ],
    });
    expect(recorded.verdicts.find(({ metric }) => metric === 'conversion')).toMatchObject({ verdict: 'recorded' });
    expect(recorded.state).toBe('pass');
  });

  test('objectives are forecast, and act where they are told to', () => {
    const sales = (role: ObjectiveEvidence['role'], target: number): ObjectiveEvidence => ({
      name: 'sales',
      role,
      failBelow: 0.2,
      forecast: {
        kind: 'count',
        target,
        observed: { events: 50 },
        exposure: { kind: 'linear', elapsed: 10, remaining: 10 },
      },
    });
    const state = (objective: ObjectiveEvidence) =>
      judge(evidence({ experiment: undefined, metrics: [], objectives: [objective] }));
    expect(state(sales('guardrail', 90))).toMatchObject({ state: 'pass', objectives: [{ verdict: 'pass' }] });
    expect(state(sales('guardrail', 900))).toMatchObject({ state: 'fail', objectives: [{ verdict: 'fail' }] });
    expect(state(sales('observe', 900))).toMatchObject({
      state: 'inconclusive',
      objectives: [{ verdict: 'recorded' }],
    });
    const unknown = sales('guardrail', 90);
    unknown.forecast.exposure = { kind: 'linear', elapsed: 0, remaining: 10 };
    expect(state(unknown)).toMatchObject({
      state: 'inconclusive',
      objectives: [{ verdict: 'inconclusive', forecast: { status: 'inconclusive' } }],
    });
  });
});

describe('earning', () => {
  const earn = experiment({ goal: 'earn', method: 'bandit', bandit: { floor: 0.05 } });

  test('shares follow the results, nothing is claimed while nothing is shown', () => {
    const judgement = of([50, 1000], [60, 1000], { experiment: earn });
    expect(judgement.bandit?.weights.b).toBeCloseTo(0.05 + 0.9 * (judgement.bandit?.probabilityBest.b ?? 0), 12);
    expect(judgement).toMatchObject({ state: 'inconclusive', leader: 'b' });
    expect(judgement).not.toHaveProperty('winner');
  });

  test('the leader takes all once little is left to gain, without a claim', () => {
    const judgement = of([5000, 100_000], [5010, 100_000], {
      experiment: { ...earn, bandit: { floor: 0.05, stopBelow: 0.05 } },
    });
    expect(judgement).toMatchObject({
      state: 'pass',
      leader: 'b',
      reason: 'b leads and nothing speaks against going on; no lift is claimed',
    });
    expect(judgement).not.toHaveProperty('winner');
  });

  test('a base rate that drifted while shares changed convinces nobody', () => {
    const wave = (name: string, chance: number, a: [number, number], b: [number, number]) => ({
      wave: name,
      propensity: { a: 1 - chance, b: chance },
      arms: arms(a, b),
    });
    const measurement = {
      ...measured('conversion', arms([240, 4400], [1360, 17_600])),
      waves: [wave('1', 0.5, [100, 2500], [100, 2500]), wave('2', 0.9, [140, 1900], [1260, 15_100])],
    };
    const naive = of([240, 4400], [1360, 17_600], { experiment: experiment({ method: 'always-valid' }) });
    expect(naive.state).toBe('pass');
    const judged = judge(evidence({ experiment: earn, measurements: [measurement] }));
    expect(judged).not.toHaveProperty('winner');
    expect(judged.verdicts[0]).toMatchObject({ method: 'propensity-corrected', verdict: 'inconclusive' });
    const stratified = judge(
      evidence({ experiment: experiment({ method: 'always-valid' }), measurements: [measurement] }),
    );
    expect(stratified.verdicts[0]?.verdict).toBe('inconclusive');
    expect(Math.abs(stratified.verdicts[0]?.estimate ?? 1)).toBeLessThan(0.012);
  });

  test('an unsafe leader does not take all', () => {
    const judgement = judge(
      evidence({
        experiment: earn,
        metrics: [conversion, unsubscribe],
        measurements: [
          measured('conversion', arms([4000, 100_000], [6000, 100_000])),
          measured('unsubscribe', arms([500, 100_000], [1500, 100_000])),
        ],
      }),
    );
    expect(judgement).toMatchObject({ state: 'fail', failing: ['b'], leader: 'b' });
  });
});
