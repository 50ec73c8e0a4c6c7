/** Holds what came out against what a scenario expects. */
import type { Expectation, SimulatedRun } from './result';
import type { Expectations } from './scenario/schema';
import { moneyInWords } from './words';

/** One finding for each thing expected of a run, in the order of the schema. */
export function checkExpectations(run: SimulatedRun, expect: Expectations): Expectation[] {
  const { seed } = run;
  const finding = (what: string, met: boolean, found: string): Expectation => ({ seed, what, met, found });
  const sent = sentOf(run);
  return [
    ...(expect.ends === undefined
      ? []
      : [finding(`ends ${expect.ends}`, run.ends === expect.ends, `ends ${run.ends}`)]),
    ...(['winner', 'chosen'] as const).flatMap((which) => {
      const wanted = expect[which];
      if (wanted === undefined) return [];
      const found = run.outcomes.map((outcome) => outcome[which] ?? 'none');
      return [
        finding(`${which} ${wanted}`, found.length > 0 && found.every((arm) => arm === wanted), found.join(', ')),
      ];
    }),
    ...expect.decisions.map((wanted) => decisionFinding(run, wanted)),
    ...(expect.sentAtMost === undefined
      ? []
      : [finding(`at most ${expect.sentAtMost} messages`, sent <= expect.sentAtMost, `${sent} messages`)]),
    ...(expect.sentAtLeast === undefined
      ? []
      : [finding(`at least ${expect.sentAtLeast} messages`, sent >= expect.sentAtLeast, `${sent} messages`)]),
    ...Object.entries(expect.sentToArm).map(([arm, { atLeast = 0, atMost = 1 }]) => {
      const share = sent === 0 ? 0 : sentOf(run, arm) / sent;
      const what = `${arm} gets between ${percent(atLeast)} and ${percent(atMost)} of the messages`;
      return finding(what, share >= atLeast && share <= atMost, percent(share));
    }),
    ...journeyFindings(run, expect.journeys ?? {}),
    ...programFindings(run, expect.program ?? {}),
    finding(
      expect.balanced ? 'the books balance' : 'the books do not balance',
      run.balanced === expect.balanced,
      run.balanced ? 'they balance' : 'they do not balance',
    ),
  ];
}

function journeyFindings(
  { seed, journeys }: SimulatedRun,
  expect: NonNullable<Expectations['journeys']>,
): Expectation[] {
  const started = journeys?.started ?? 0;
  const goals = journeys?.ended.goal ?? 0;
  const declined = Object.values(journeys?.declined ?? {}).reduce((sum, count) => sum + count, 0);
  return boundFindings(seed, [
    [expect.atLeast, 'least', 'journeys', started],
    [expect.atMost, 'most', 'journeys', started],
    [expect.goalsAtLeast, 'least', 'journeys that reach the goal', goals],
    [expect.declinedAtLeast, 'least', 'events declined', declined],
  ]);
}

function programFindings(
  { seed, program }: SimulatedRun,
  { owedAtMost, ...expect }: NonNullable<Expectations['program']>,
): Expectation[] {
  const owed = (program?.course ?? []).map((look) => look.owed);
  const most = owed.reduce((high, each) => (each.micros > high.micros ? each : high), {
    currency: owedAtMost?.currency ?? '',
    micros: 0,
  });
  return [
    ...boundFindings(seed, [
      [expect.earnedAtLeast, 'least', 'points earned', program?.earned ?? 0],
      [expect.spentAtLeast, 'least', 'points spent', program?.spent ?? 0],
      [expect.expiredAtLeast, 'least', 'points expired', program?.expired ?? 0],
    ]),
    ...(owedAtMost === undefined
      ? []
      : [
          {
            seed,
            what: `at most ${moneyInWords([owedAtMost])} owed at any time`,
            met: most.currency === owedAtMost.currency && most.micros <= owedAtMost.micros,
            found: `${moneyInWords([most])} owed`,
          },
        ]),
  ];
}

type Bound = [bound: number | undefined, side: 'least' | 'most', what: string, found: number];

function boundFindings(seed: number, bounds: readonly Bound[]): Expectation[] {
  return bounds.flatMap(([bound, side, what, found]) =>
    bound === undefined
      ? []
      : [
          {
            seed,
            what: `at ${side} ${bound} ${what}`,
            met: side === 'least' ? found >= bound : found <= bound,
            found: `${found} ${what}`,
          },
        ],
  );
}

export function sentOf({ waves }: Pick<SimulatedRun, 'waves'>, arm?: string): number {
  return waves.reduce(
    (sum, { arms }) =>
      sum +
      Object.entries(arms).reduce((all, [name, { sent }]) => (arm === undefined || arm === name ? all + sent : all), 0),
    0,
  );
}

function decisionFinding({ seed, measured }: SimulatedRun, wanted: Expectations['decisions'][number]): Expectation {
  const { checkpoint, look, state, action } = wanted;
  const taken = measured.decisions.filter(
    (decision) =>
      `${decision.step}/${decision.checkpoint}` === checkpoint && (look === undefined || decision.look === look),
  );
  const met = taken.some(
    (decision) =>
      (state === undefined || decision.state === state) &&
      (action === undefined || decision.actions.some((done) => done.action === action)),
  );
  const what = [checkpoint, look === undefined ? undefined : `look ${look}`, state, action && `then ${action}`];
  const found = taken.map(
    (decision) => `look ${decision.look} ${decision.state}, ${decision.actions.map((done) => done.action).join(', ')}`,
  );
  return {
    seed,
    what: what.filter((word) => word !== undefined).join(' '),
    met,
    found: found.join('; ') || 'no such decision',
  };
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
