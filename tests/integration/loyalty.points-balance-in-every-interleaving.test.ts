/** Points as a model: whatever happens at once, over several connections, the books balance and nothing pays twice. */
import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { LoyaltyWorld, membersCount, openTestProgram } from '../support/loyalty-world';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 6 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

interface Act {
  words: string;
  act: (world: LoyaltyWorld) => Promise<unknown>;
}

/** Several acts at the same moment. */
class Moment implements fc.AsyncCommand<object, LoyaltyWorld> {
  constructor(
    private readonly acts: readonly Act[],
    private readonly days: number,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_model: object, world: LoyaltyWorld): Promise<void> {
    world.pass(this.days);
    await Promise.all(this.acts.map(({ act }) => act(world)));
    await world.check();
  }

  toString(): string {
    return `${this.days} days later: ${this.acts.map(({ words }) => words).join(' | ')}`;
  }
}

const event = fc.nat({ max: 11 });
const events = fc.array(event, { minLength: 1, maxLength: 6 });
const member = fc.nat({ max: membersCount - 1 });
const key = fc.nat({ max: 3 });
const points = fc.integer({ min: 1, max: 120 });
const step = fc.nat({ max: 2 });

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: events.map((list) => ({ words: `earn ${list}`, act: (w: LoyaltyWorld) => w.earn(list) })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(event, fc.integer({ min: 1, max: 4 }))
      .map(([e, q]) => ({ words: `refund ${q}/4 of ${e}`, act: (w: LoyaltyWorld) => w.refund(e, q) })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(member, key, points).map(([m, k, p]) => ({
      words: `${m} spends ${p} (${k})`,
      act: (w: LoyaltyWorld) => w.spend(m, k, { points: p }),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(member, key, fc.option(points, { nil: undefined })).map(([m, k, p]) => ({
      words: `${m} gets ${p ?? 'all'} of ${k} back`,
      act: (w: LoyaltyWorld) => w.giveBack(m, k, p),
    })),
  },
  { weight: 2, arbitrary: step.map((s) => ({ words: `award ${s}`, act: (w: LoyaltyWorld) => w.award(s) })) },
  { weight: 2, arbitrary: step.map((s) => ({ words: `undo ${s}`, act: (w: LoyaltyWorld) => w.undo(s) })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(member, key, points)
      .map(([m, k, p]) => ({ words: `take ${p} of ${m} (${k})`, act: (w: LoyaltyWorld) => w.withdraw(m, k, p) })),
  },
  { weight: 2, arbitrary: fc.constant({ words: 'tend', act: (w: LoyaltyWorld) => w.tend() }) },
);

const moment = fc
  .tuple(fc.array(act, { minLength: 1, maxLength: 5 }), fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 40 })))
  .map(([acts, days]) => new Moment(acts, days));

test.each([false, true])(
  'no lot negative, no event paid twice, books and lots agree, spent is what tills were told (overdraft: %s)',
  async (overdraft) => {
    await fc.assert(
      fc.asyncProperty(fc.commands([moment], { maxCommands: 12 }), async (commands) => {
        const world = new LoyaltyWorld(database, await openTestProgram(database, { overdraft }));
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
      }),
      { numRuns: Number(process.env.LOYALTY_RUNS ?? 60), endOnFailure: true },
    );
  },
  240_000,
);
