import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { memberCount, PromotionWorld, type ShopAction } from '../support/promotion-world';

let fresh: FreshDatabase;
let database: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 8 });
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

type Command = fc.AsyncCommand<object, PromotionWorld>;

const command = (name: string, run: (world: PromotionWorld) => Promise<unknown>): Command => ({
  check: () => true,
  async run(_model, world) {
    await run(world);
    await world.check();
  },
  toString: () => name,
});

const step = fc.constantFrom('own' as const, 'generic' as const);
const range = fc
  .tuple(fc.integer({ min: 1, max: memberCount }), fc.integer({ min: 1, max: memberCount }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const which = fc.nat(60);

const shopAction: fc.Arbitrary<ShopAction> = fc.oneof(
  fc.record({
    do: fc.constantFrom('reserve' as const, 'redeem' as const),
    step,
    which,
    customer: fc.nat(8),
    basket: fc.integer({ min: 0, max: 30 }),
  }),
  fc.record({ do: fc.constantFrom('redeem-held' as const, 'release' as const, 'refund' as const), which }),
  fc.record({ do: fc.constant('refund' as const), which, part: fc.oneof(fc.nat(4_000_000), fc.constant(1_000_000)) }),
);
const shopActions = fc.array(shopAction, { minLength: 1, maxLength: 12 });

const commands = [
  fc.record({ step, range }).map((c) => command(`issue ${JSON.stringify(c)}`, (world) => world.issue(c.step, c.range))),
  fc
    .tuple(range, range)
    .map(([a, b]) =>
      command(`issue twice at once ${JSON.stringify([a, b])}`, (world) =>
        Promise.all([world.issue('own', a), world.issue('own', b), world.issue('generic', a)]),
      ),
    ),
  fc
    .record({ actions: shopActions, together: fc.boolean() })
    .map((c) => command(`storm ${JSON.stringify(c)}`, (world) => world.storm(c.actions, c))),
  fc
    .record({ actions: shopActions, range, units: fc.integer({ min: -30, max: 30 }) })
    .map((c) =>
      command(`storm while codes are issued and money moves ${JSON.stringify(c)}`, (world) =>
        world.storm(c.actions, { beside: [() => world.issue('own', c.range), () => world.move(c.units)] }),
      ),
    ),
  fc
    .record({ actions: shopActions, step, together: fc.boolean() })
    .map((c) =>
      command(`storm during an abort ${JSON.stringify(c)}`, (world) =>
        world.storm(c.actions, { ...c, beside: [() => world.undo(c.step)] }),
      ),
    ),
  fc.record({ actions: shopActions, hours: fc.integer({ min: 1, max: 12 }) }).map((c) =>
    command(`storm while codes expire ${JSON.stringify(c)}`, async (world) => {
      await world.advance(c.hours, { sweep: false });
      await world.storm(c.actions, { beside: [() => world.advance(0, { sweep: true })] });
    }),
  ),
  fc
    .integer({ min: 1, max: 12 })
    .map((hours) => command(`${hours} hours pass`, (world) => world.advance(hours, { sweep: false }))),
  fc.integer({ min: -30, max: 30 }).map((units) => command(`move ${units}`, (world) => world.move(units))),
];

test('no cap is exceeded, the books balance and every answer holds, whoever issues, uses, aborts and expires at the same time', async () => {
  let events = 0;
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.commands(commands, { maxCommands: 25, size: '+1' }), async (sequence) => {
      const world = await PromotionWorld.open(database);
      await world.issue('own', { from: 1, to: 4 });
      await world.issue('generic', { from: 1, to: memberCount });
      await fc.asyncModelRun(() => ({ model: {}, real: world }), sequence);
      events += [...sequence].length;
      for (const { state, refunded } of world.redemptions.values()) {
        const seenAs = state === 'redeemed' && refunded > 0 ? 'refunded in part' : state;
        seen.set(seenAs, (seen.get(seenAs) ?? 0) + 1);
      }
    }),
    { numRuns: 40, endOnFailure: true, ...(process.env.FC_SEED && { seed: Number(process.env.FC_SEED) }) },
  );
  expect(events).toBeGreaterThan(200);
  for (const state of ['held', 'redeemed', 'released', 'expired', 'refunded', 'refunded in part'])
    expect(seen.get(state)).toBeGreaterThan(0);
}, 240_000);
