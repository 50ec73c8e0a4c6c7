import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import type { Settlement } from '../../ledger/deliveries';
import { DeliveryWorld, peopleCount } from '../support/delivery-world';
import { eventually } from '../support/eventually';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

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

/** One event, or several at the same moment. */
class Happening implements fc.AsyncCommand<object, DeliveryWorld> {
  constructor(
    private readonly words: string,
    private readonly act: (world: DeliveryWorld) => Promise<unknown>,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_model: object, world: DeliveryWorld): Promise<void> {
    await this.act(world);
    await world.check();
  }

  toString(): string {
    return this.words;
  }
}

const worker = fc.nat({ max: 2 });
const run = fc.nat({ max: 1 });
const person = fc.nat({ max: peopleCount - 1 });
const domain = fc.constantFrom('d0.example', 'd1.example', 'd2.example');
const limit = fc.integer({ min: 1, max: peopleCount });
const outcomes = fc.array(
  fc.constantFrom<Settlement['status']>('sent', 'sent', 'failed', 'invalid', 'in_doubt', 'waiting'),
  {
    maxLength: 6,
  },
);
const range = fc
  .tuple(fc.integer({ min: 1, max: peopleCount }), fc.integer({ min: 1, max: peopleCount }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const everybody = Array.from({ length: peopleCount }, (_, index) => index + 1);
const seqs = fc.uniqueArray(fc.integer({ min: 1, max: peopleCount }));

const of = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`nothing at ${index}`);
  return found;
};

const happenings = [
  fc
    .tuple(worker, limit)
    .map(([w, n]) => new Happening(`worker ${w} claims ${n}`, (x) => x.claim(of(x.workers, w), n))),
  fc
    .tuple(worker, outcomes, limit)
    .map(
      ([w, o, n]) =>
        new Happening(`worker ${w} gets ${o.join(' ')} and begins ${n}`, (x) =>
          x.answerAndBegin(of(x.workers, w), o, n),
        ),
    ),
  fc.tuple(worker, outcomes, limit).map(
    ([w, o, n]) =>
      new Happening(`worker ${w} claims and begins ${n}, then gets ${o.join(' ')}`, async (x) => {
        await x.claim(of(x.workers, w), n);
        await x.answerAndBegin(of(x.workers, w), [], n);
        await x.answerAndBegin(of(x.workers, w), o, 0);
      }),
  ),
  fc
    .tuple(limit, limit)
    .map(
      ([a, b]) =>
        new Happening(`both runs claim at once: ${a}, ${b}`, (x) =>
          Promise.all([x.claim(of(x.workers, 0), a), x.claim(of(x.workers, 2), b)]),
        ),
    ),
  fc
    .tuple(limit, limit)
    .map(
      ([a, b]) =>
        new Happening(`three workers claim at once: ${a}, ${b}`, (x) =>
          Promise.all([x.claim(of(x.workers, 0), a), x.claim(of(x.workers, 1), b), x.claim(of(x.workers, 2), b)]),
        ),
    ),
  worker.map((w) => new Happening(`worker ${w} gives back its claims`, (x) => x.releaseClaims(of(x.workers, w)))),
  worker.map((w) => new Happening(`worker ${w} dies`, (x) => x.die(of(x.workers, w)))),
  fc.tuple(worker, limit).map(
    ([w, n]) =>
      new Happening(`worker ${w} hands ${n} over and dies`, async (x) => {
        await x.claim(of(x.workers, w), n);
        await x.answerAndBegin(of(x.workers, w), [], n);
        await x.die(of(x.workers, w));
      }),
  ),
  fc.tuple(run, worker, limit).map(
    ([r, w, n]) =>
      new Happening(`all doubt of run ${r} is released, and worker ${w} hands ${n} over`, async (x) => {
        await x.resolveDoubt(of(x.runs, r), 'released', everybody);
        await x.check();
        await x.claim(of(x.workers, w), n);
        await x.answerAndBegin(of(x.workers, w), [], n);
      }),
  ),
  fc.tuple(fc.nat({ max: 1 }), outcomes, limit).map(
    ([g, o, n]) =>
      new Happening(`ghost ${g} gets ${o.join(' ')} and begins ${n}`, async (x) => {
        const ghost = x.ghosts.at(-1 - g);
        if (ghost) await x.answerAndBegin(ghost, o, n);
      }),
  ),
  fc
    .tuple(run, fc.constantFrom('open' as const, 'open' as const, 'paused' as const, 'closed' as const))
    .map(([r, d]) => new Happening(`run ${r} is ${d}`, (x) => x.switchDispatch(of(x.runs, r), d))),
  fc
    .tuple(run, fc.constantFrom('late' as const, 'cancelled' as const), range)
    .map(
      ([r, as, s]) => new Happening(`run ${r} closes ${s.from}-${s.to} as ${as}`, (x) => x.close(of(x.runs, r), as, s)),
    ),
  fc
    .tuple(run, fc.constantFrom('released' as const, 'given-up' as const, 'sent' as const), seqs)
    .map(
      ([r, as, s]) =>
        new Happening(`a person resolves ${s.join(',')} of run ${r} as ${as}`, (x) =>
          x.resolveDoubt(of(x.runs, r), as, s),
        ),
    ),
  person.map((p) => new Happening(`person ${p} is suppressed`, (x) => x.suppress(of(x.contacts, p)))),
  person.map((p) => new Happening(`person ${p} withdraws`, (x) => x.withdraw(of(x.contacts, p)))),
  person.map((p) => new Happening(`person ${p} opts out`, (x) => x.optOut(of(x.contacts, p)))),
  domain.map((d) => new Happening(`${d} says not now`, (x) => x.strike(d))),
  domain.map((d) => new Happening(`${d} is forgiven`, (x) => x.forgive(d))),
  fc.constantFrom(1, 10, 60, 8 * 60, 30 * 60, 50 * 60).map(
    (minutes) =>
      new Happening(`${minutes} minutes pass`, async (x) => {
        x.now += minutes * 60_000;
      }),
  ),
  fc
    .tuple(worker, limit)
    .map(
      ([w, n]) =>
        new Happening(`worker ${w} claims ${n} after the deadline`, (x) =>
          x.claim(of(x.workers, w), n, new Date(x.now - 1)),
        ),
    ),
];

test('whatever happens in whatever order: one place each, begun once, never over a cap or against a wish', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(happenings, { maxCommands: 50, size: 'max' }), async (commands) => {
      const real = await DeliveryWorld.open(database);
      await fc.asyncModelRun(() => ({ model: {}, real }), commands);
    }),
    { numRuns: 60 },
  );
}, 300_000);

test('a claim judges nobody whose lock it does not hold, though others settled what it was about to judge', async () => {
  const world = await DeliveryWorld.open(database);
  const [first, second] = [of(world.workers, 0), of(world.workers, 1)];
  while (first.claimed.length === 0) await world.claim(first, 1);
  const judged = async () => {
    const { rows } = await database.query('select seq, contact_id from deliveries where run_no = $1', [first.run.no]);
    return rows;
  };
  const before = await judged();
  const blocker = await database.connect();
  try {
    await blocker.query('begin');
    const { contact_id: contact } = before.find(({ seq }) => seq === first.claimed[0]);
    await blocker.query('select pg_advisory_xact_lock($1::bigint)', [contact]);
    const claim = world.claim(second, 1);
    await eventually(async () => {
      const { rows } = await database.query("select 1 from pg_locks where locktype = 'advisory' and not granted");
      return rows.length > 0;
    });
    await world.answerAndBegin(first, [], 1);
    await blocker.query('commit');
    await claim;
  } finally {
    blocker.release();
  }
  expect(first.sending).toHaveLength(1);
  expect(second.claimed).toEqual([]);
  expect(await judged()).toHaveLength(before.length);
});
