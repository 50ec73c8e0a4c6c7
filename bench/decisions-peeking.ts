/** How often a comparison of equal arms is called significant at some look: naive peeking beside the methods of decisions/. */
import { alwaysValidCritical } from '../decisions/always-valid';
import type { ArmStatistics } from '../decisions/evidence';
import { groupSequentialBounds } from '../decisions/group-sequential';
import { playExperiment } from '../decisions/played-experiment';
import { createRandom, type Random } from '../decisions/random';
import { normalUpperQuantile } from '../decisions/special/normal';
import { compareArms } from '../decisions/statistics';
import { addArms, drawArm, type Rate } from '../decisions/worlds';
import { perCent, type Say, type SimulatedShare, share } from './decisions-figures';

const ALPHA = 0.05;

/** Critical values of |Z| at each look, by method. */
type Bounds = Record<string, readonly number[]>;

function boundsOf({ looks, perLook }: { looks: number; perLook: number }): Bounds {
  const fractions = Array.from({ length: looks }, (_, index) => (index + 1) / looks);
  const always = (nStar: number) =>
    fractions.map((_, index) => alwaysValidCritical({ n: 2 * perLook * (index + 1), nStar, alpha: ALPHA }));
  const naive = normalUpperQuantile(ALPHA / 2);
  const few = looks <= 50;
  return {
    naive: fractions.map(() => naive),
    oneLook: fractions.map((_, index) => (index === looks - 1 ? naive : Number.POSITIVE_INFINITY)),
    bonferroni: fractions.map(() => normalUpperQuantile(ALPHA / (2 * looks))),
    alwaysValid: always(2 * perLook * looks),
    alwaysValid5000: always(5000),
    ...(few && {
      obrienFleming: groupSequentialBounds({ alpha: ALPHA, spending: { kind: 'obrien-fleming' }, fractions }),
    }),
    ...(few && { powerTwo: groupSequentialBounds({ alpha: ALPHA, spending: { kind: 'power', phi: 2 }, fractions }) }),
  };
}

interface Row {
  data: string;
  kind: 'proportion' | 'mean';
  rate: Rate;
  looks: number;
  perLook: number;
  reps: number;
}

/** Share of repetitions in which some look crossed, by method. */
function crossings(random: Random, { kind, rate, looks, perLook, reps }: Row): Record<string, SimulatedShare> {
  const bounds = boundsOf({ looks, perLook });
  const names = Object.keys(bounds);
  const crossed = new Map(names.map((name) => [name, 0]));
  const draw = () => drawArm(random, { kind, n: perLook, ...rate });
  for (let rep = 0; rep < reps; rep += 1) {
    let arms: { control: ArmStatistics; arm: ArmStatistics } | undefined;
    const open = new Set(names);
    for (let look = 0; look < looks; look += 1) {
      const [control, arm] = [draw(), draw()];
      arms = arms ? { control: addArms(arms.control, control), arm: addArms(arms.arm, arm) } : { control, arm };
      const difference = compareArms(kind, arms);
      if (difference.status === 'inconclusive') continue;
      const z = Math.abs(difference.estimate) / difference.standardError;
      if (z < 1.9) continue;
      for (const name of open)
        if (z > (bounds[name]?.[look] ?? 0)) {
          open.delete(name);
          crossed.set(name, (crossed.get(name) ?? 0) + 1);
        }
    }
  }
  return Object.fromEntries([...crossed].map(([name, count]) => [name, share(count, reps)]));
}

const ARMITAGE: Record<number, number> = {
  1: 5,
  2: 8.3,
  3: 10.7,
  4: 12.6,
  5: 14.2,
  10: 19.3,
  20: 24.8,
  50: 32,
  100: 37.4,
  200: 42.4,
  1000: 53,
};

/** By number of looks; naive peeking beside Armitage, McPherson and Rowe (1969), table 2. */
export function benchLooks(say: Say) {
  say('A/A, 5 % rate, 21,000 an arm in equal looks: called significant at some look');
  say('  looks   Armitage 1969   naive   always-valid   group sequential');
  const random = createRandom(101);
  const rows = Object.entries(ARMITAGE).map(([count, published]) => {
    const looks = Number(count);
    const row: Row = {
      data: '5 %',
      kind: 'proportion',
      rate: { rate: 0.05 },
      looks,
      perLook: 21_000 / looks,
      reps: looks > 100 ? 2000 : 10_000,
    };
    const { naive, alwaysValid, obrienFleming } = crossings(random, row);
    say(
      `  ${String(looks).padStart(5)} ${`${published} %`.padStart(15)} ${perCent(naive).padStart(7)} ${perCent(alwaysValid).padStart(14)} ${perCent(obrienFleming).padStart(18)}`,
    );
    return { looks, published, naive, alwaysValid, ...(obrienFleming && { obrienFleming }) };
  });
  return rows;
}

/** By kind of data, at 20 looks. */
export function benchPeeking(say: Say) {
  say('A/A, 20 looks: called significant at some look');
  const revenue: Rate = { rate: 0.03, amount: { mean: 50, deviation: 40 } };
  const rows: Row[] = [
    { data: '5 %, 500 an arm a look', kind: 'proportion', rate: { rate: 0.05 }, looks: 20, perLook: 500, reps: 20_000 },
    { data: '2 %, 250', kind: 'proportion', rate: { rate: 0.02 }, looks: 20, perLook: 250, reps: 20_000 },
    { data: '0.5 %, 100', kind: 'proportion', rate: { rate: 0.005 }, looks: 20, perLook: 100, reps: 20_000 },
    { data: 'revenue, 3 % buyers, 500', kind: 'mean', rate: revenue, looks: 20, perLook: 500, reps: 4000 },
    { data: '5 %, 1,000 looks of 20', kind: 'proportion', rate: { rate: 0.05 }, looks: 1000, perLook: 20, reps: 2000 },
  ];
  const columns = ['naive', 'oneLook', 'bonferroni', 'alwaysValid', 'alwaysValid5000', 'obrienFleming', 'powerTwo'];
  say(`  ${'data'.padEnd(26)}${columns.map((name) => name.padStart(17)).join('')}`);
  const random = createRandom(102);
  return rows.map((row) => {
    const found = crossings(random, row);
    say(`  ${row.data.padEnd(26)}${columns.map((name) => perCent(found[name]).padStart(17)).join('')}`);
    return { data: row.data, ...found };
  });
}

/** The same question put to the judgement that campaigns use, ledger and all. */
export function benchJudged(say: Say) {
  say('A/A, 20 looks, 40,000 recipients at 5 %: a winner declared by the judgement of a checkpoint, either way');
  const looks = Array.from({ length: 20 }, (_, index) => (index + 1) / 20);
  const reps = 4000;
  return (['group-sequential', 'always-valid', 'fixed'] as const).map((method) => {
    const random = createRandom(103);
    let winners = 0;
    const rates = { a: { conversion: { rate: 0.05 } }, b: { conversion: { rate: 0.05 } } };
    for (let rep = 0; rep < reps; rep += 1) {
      const { winner } = playExperiment(
        {
          experiment: {
            goal: 'learn',
            method,
            alpha: ALPHA,
            alphaAbort: 0.05,
            power: 0.8,
            maxRecipients: 40_000,
            arms: ['a', 'b'],
            control: 'a',
            controlMayWin: true,
          },
          metrics: [{ name: 'conversion', role: 'success', kind: 'proportion', goodDirection: 'up' }],
          looks,
        },
        { random, rates },
      );
      if (winner !== undefined) winners += 1;
    }
    const declared = share(winners, reps);
    say(
      `  ${method.padEnd(18)}${perCent(declared).padStart(7)} (at most 5 % and two errors: ${declared.share <= ALPHA + 2 * declared.error ? 'holds' : 'BROKEN'})`,
    );
    return { method, declared };
  });
}
