/** Points for a code that is worth money: both or neither, whoever asks at the same time. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { LoyaltyReward } from '../../definition/resolved-loyalty';
import type { PromotionTerms } from '../../definition/resolved-promotion';
import { type Database, openDatabase } from '../../ledger/database';
import { bookAwards } from '../../ledger/loyalty/award';
import { cardsOf } from '../../ledger/loyalty/card';
import { closeProgram, openProgram, type Program } from '../../ledger/loyalty/programs';
import { programFacts } from '../../ledger/loyalty/report';
import { codesOfMember } from '../../ledger/loyalty/reward-codes';
import { returnSpent, type SpendAnswer, spendPoints } from '../../ledger/loyalty/spend';
import { auditBook, moneyLines } from '../../ledger/money/book';
import { setMoneyCaps, setPacing } from '../../ledger/money/limits';
import { expirePromotions } from '../../ledger/promotions/close';
import { isWhole, plainCode } from '../../ledger/promotions/codes';
import { promotionReports } from '../../ledger/promotions/report';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { dayMs } from '../support/loyalty-terms';
import { membersCount, openTestProgram } from '../support/loyalty-world';
import { askTill, codesBudget, codeTerms, euros, pacedBudget } from '../support/promotions';
import { RewardWorld } from '../support/reward-world';

let fresh: FreshDatabase;
let database: Database;
const now = new Date('2026-03-01T10:00:00Z');
const later = (ms: number) => new Date(now.getTime() + ms);

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 8 });
});

afterEach(() => setMoneyCaps(database, []));

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const offTerms = (given: Partial<PromotionTerms> = {}) =>
  codeTerms({
    discount: { kind: 'amount', amount: euros(5) },
    worth: euros(5),
    limits: { perCode: 1 },
    validUntil: { for: 30 * dayMs },
    undo: 'keep',
    ...given,
  });

const off = (given: Partial<PromotionTerms> = {}): LoyaltyReward => ({
  id: 'off',
  cost: 100,
  promotion: offTerms(given),
});

/** A program whose line has so much money, and members with 200 points each. */
async function club({ line, members, terms }: { line: number; members: number; terms?: Partial<PromotionTerms> }) {
  const program = await openTestProgram(database, { rewards: [off(terms)] }, { budget: codesBudget(line) });
  const contacts = Array.from({ length: members }, (_, n) => String(n + 1));
  await bookAwards(database, {
    program,
    awards: contacts.map((contactId) => ({ contactId, key: `gift:${contactId}`, points: 200n })),
    origin: { kind: 'adjust', detail: {} },
    activeAt: now,
    now,
  });
  return { program, contacts };
}

function spend(program: Program, contactId: string, given: { key?: string; now?: Date } = {}): Promise<SpendAnswer> {
  const reward = program.terms.rewards.find(({ id }) => id === 'off');
  if (!reward?.promotion) throw new Error('no such reward');
  return spendPoints(database, {
    program,
    contactId,
    key: given.key ?? randomUUID(),
    points: BigInt(reward.cost),
    detail: { reward: reward.id },
    code: { reward: reward.id, terms: reward.promotion },
    now: given.now ?? now,
  });
}

async function bought(program: Program, contactId: string, given: { key?: string } = {}) {
  const answer = await spend(program, contactId, given);
  if (!answer.done || !answer.code) throw new Error(JSON.stringify(answer, (_, v) => String(v)));
  return answer.code;
}

const giveBack = (program: Program, contactId: string, spendKey: string, at = now) =>
  returnSpent(database, { program, contactId, key: randomUUID(), spendKey, now: at });

const redeem = async (code: string, at = now) =>
  (await askTill(database, { act: 'redeem', source: 'shop', code, basket: euros(40), now: at }))[0];

async function pointsOf(program: Program, contactId: string): Promise<number> {
  const cards = await cardsOf(database, { program: program.id, contactIds: [contactId], now });
  return cards.get(contactId)?.points ?? 0;
}

async function line(program: Program) {
  expect(await auditBook(database, program.runNo)).toEqual([]);
  const { available, reserved, committed } = (await moneyLines(database, program.runNo)).find(
    ({ line: name }) => name === 'promotion',
  ) ?? { available: 0, reserved: 0, committed: 0 };
  return { available: available / 1e6, reserved: reserved / 1e6, committed: committed / 1e6 };
}

test('a line with money for five codes gives five, whoever asks at once; the others keep their points', async () => {
  const { program, contacts } = await club({ line: 29, members: 12 });
  const answers = await Promise.all(contacts.map((contactId) => spend(program, contactId)));
  const given = answers.flatMap((answer) => (answer.done && answer.code ? [answer.code.code] : []));
  expect(given).toHaveLength(5);
  expect(new Set(given).size).toBe(5);
  expect(given.every((code) => isWhole(plainCode(code)))).toBe(true);
  for (const [index, answer] of answers.entries()) {
    if (!answer.done) expect(answer).toEqual({ done: false, reason: 'budget', balance: 200n });
    expect(await pointsOf(program, contacts[index] ?? '')).toBe(answer.done ? 100 : 200);
  }
  expect(await line(program)).toEqual({ available: 4, reserved: 25, committed: 0 });
});

test('the same request says the same code, also when its answers cross', async () => {
  const { program } = await club({ line: 100, members: 1 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => spend(program, '1', { key: 'bill-1' })));
  expect(new Set(answers.map((answer) => answer.done && answer.code?.code)).size).toBe(1);
  expect(answers.filter((answer) => answer.done && !answer.repeated)).toHaveLength(1);
  expect(answers[0]).toMatchObject({ code: { validUntil: later(30 * dayMs) } });
  expect(await pointsOf(program, '1')).toBe(100);
  expect((await line(program)).reserved).toBe(5);
});

test('an unused code goes back with the points, and its money can pay for another', async () => {
  const { program } = await club({ line: 5, members: 2 });
  const { code } = await bought(program, '1', { key: 'k' });
  expect(await spend(program, '2')).toMatchObject({ reason: 'budget' });
  const part = { program, contactId: '1', key: 'p', spendKey: 'k', points: 40n, now };
  expect(await returnSpent(database, part)).toMatchObject({ reason: 'code-is-whole' });
  expect(await giveBack(program, '1', 'k')).toMatchObject({ done: true, points: 100n, balance: 200n });
  expect(await redeem(code)).toEqual({ refused: 'disabled' });
  expect(await codesOfMember(database, { program: program.id, contactId: '1', now })).toEqual([]);
  expect(await line(program)).toEqual({ available: 5, reserved: 0, committed: 0 });
  expect(await giveBack(program, '1', 'k')).toMatchObject({ reason: 'already-returned' });
  expect(await spend(program, '2')).toMatchObject({ done: true });
});

test('a code that is held or used stays, and so do the points; a hold that was let go does not count', async () => {
  const { program } = await club({ line: 100, members: 1 });
  const { code } = await bought(program, '1', { key: 'k' });
  await askTill(database, { act: 'reserve', source: 'shop', code, basket: euros(40), holdMs: 60_000, now });
  expect(await giveBack(program, '1', 'k')).toMatchObject({ reason: 'code-held', balance: 100n });
  expect(await giveBack(program, '1', 'k', later(120_000))).toMatchObject({ done: true });
  const second = await bought(program, '1', { key: 'k2' });
  expect(await redeem(second.code)).toMatchObject({ state: 'redeemed' });
  expect(await giveBack(program, '1', 'k2')).toMatchObject({ reason: 'code-used', balance: 100n });
  expect(await line(program)).toEqual({ available: 95, reserved: 0, committed: 5 });
});

test('a code that is used while its points go back: one of the two happens', async () => {
  const { program, contacts } = await club({ line: 1000, members: 30 });
  const codes = await Promise.all(contacts.map((contactId) => bought(program, contactId, { key: `k${contactId}` })));
  const races = await Promise.all(
    contacts.map(async (contactId, index) => {
      const code = codes[index]?.code ?? '';
      const [used, back] = await Promise.all([redeem(code), giveBack(program, contactId, `k${contactId}`)]);
      return { used: used !== undefined && 'id' in used, back: back.done, points: await pointsOf(program, contactId) };
    }),
  );
  for (const { used, back, points } of races) {
    expect(used).toBe(!back);
    expect(points).toBe(back ? 200 : 100);
  }
  expect((await line(program)).committed).toBe(5 * races.filter(({ used }) => used).length);
});

test('a code that was not used in time gives its money back, and keeps its points', async () => {
  const { program } = await club({ line: 5, members: 2 });
  const { code } = await bought(program, '1', { key: 'k' });
  const over = later(30 * dayMs);
  expect(await giveBack(program, '1', 'k', over)).toMatchObject({ reason: 'code-expired' });
  await expirePromotions(database, { now: over });
  expect(await redeem(code, over)).toEqual({ refused: 'expired' });
  expect(await giveBack(program, '1', 'k', over)).toMatchObject({ reason: 'code-expired' });
  expect(await line(program)).toEqual({ available: 5, reserved: 0, committed: 0 });
  expect(await spend(program, '2', { now: over })).toMatchObject({ done: true });
});

test('limits of the reward and caps over time refuse before points are taken', async () => {
  const one = await club({ line: 100, members: 2, terms: { limits: { perCode: 1, total: 1 } } });
  expect(await spend(one.program, '1')).toMatchObject({ done: true });
  expect(await spend(one.program, '2')).toEqual({ done: false, reason: 'exhausted', balance: 200n });
  const each = await club({ line: 100, members: 1, terms: { limits: { perCode: 1, perContact: 1 } } });
  await bought(each.program, '1', { key: 'k' });
  expect(await spend(each.program, '1')).toEqual({ done: false, reason: 'customer-limit', balance: 100n });
  expect(await giveBack(each.program, '1', 'k')).toMatchObject({ done: true });
  expect(await spend(each.program, '1')).toMatchObject({ done: true });
  const ended = await club({ line: 100, members: 1, terms: { validUntil: now.toISOString() } });
  expect(await spend(ended.program, '1')).toEqual({ done: false, reason: 'expired', balance: 200n });
  const capped = await club({ line: 100, members: 1 });
  await setPacing(database, { runNo: capped.program.runNo, budget: pacedBudget(100, 4) });
  expect(await spend(capped.program, '1')).toEqual({ done: false, reason: 'pace', balance: 200n });
  await setMoneyCaps(database, [{ per: dayMs, amount: euros(1) }]);
  expect(await spend(capped.program, '1')).toEqual({ done: false, reason: 'global-cap', balance: 200n });
});

test('a member who buys two codes can use both', async () => {
  const { program } = await club({ line: 100, members: 1 });
  const codes = [await bought(program, '1'), await bought(program, '1')];
  for (const { code } of codes) expect(await redeem(code)).toMatchObject({ state: 'redeemed', value: euros(5) });
});

test('changed terms hold for new codes; given ones stay as they were, and so does what they owe', async () => {
  const { program } = await club({ line: 5, members: 1 });
  const before = await bought(program, '1', { key: 'k' });
  const rewards = [off({ discount: { kind: 'amount', amount: euros(3) }, worth: euros(3) })];
  const after = await openTestProgram(database, { rewards }, { id: program.id, budget: codesBudget(9) });
  const newer = await bought(after, '1', { key: 'k2' });
  expect(await spend(after, '1', { key: 'k' })).toMatchObject({ repeated: true, code: { code: before.code } });
  expect(await redeem(newer.code)).toMatchObject({ value: euros(3) });
  expect(await redeem(before.code)).toMatchObject({ value: euros(5) });
  expect(await line(program)).toEqual({ available: 0, reserved: 0, committed: 5 });
  expect(await line(after)).toEqual({ available: 6, reserved: 0, committed: 3 });
  expect(await programFacts(database, program.id)).toMatchObject({
    members: 1,
    active: 0,
    codes: { given: 2, redeemed: 2, reserved: [], spent: [euros(8)] },
  });
});

test('when a program ends, codes that members have paid for stay valid, and the report counts them', async () => {
  const { program } = await club({ line: 50, members: 1 });
  const { code } = await bought(program, '1');
  await bought(program, '1');
  await closeProgram(database, { id: program.id, runNo: program.runNo, now });
  expect(await redeem(code)).toMatchObject({ state: 'redeemed' });
  expect(await promotionReports(database, program.runNo)).toMatchObject([
    { step: 'reward:off', state: 'active', codes: 2, redeemed: 1, spent: euros(5), reserved: euros(5) },
  ]);
  await openProgram(database, { id: program.id, runNo: program.runNo, terms: program.terms, now });
});

const member = fc.nat({ max: membersCount - 1 });
const key = fc.nat({ max: 1 });
const which = fc.nat(5);
type Act = { words: string; act: (world: RewardWorld) => Promise<unknown> };
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(member, key)
      .map(([m, k]) => ({ words: `${m} buys (${k})`, act: (w: RewardWorld) => w.buy(m, k) })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(member, key, fc.constantFrom(undefined, undefined, 10)).map(([m, k, p]) => ({
      words: `${m} gets ${p ?? 'all'} of ${k} back`,
      act: (w: RewardWorld) => w.giveBack(m, k, p),
    })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(which, fc.constantFrom('reserve' as const, 'redeem' as const))
      .map(([n, a]) => ({ words: `${a} ${n}`, act: (w: RewardWorld) => w.use(n, a) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(which, fc.constantFrom('redeem-held' as const, 'release' as const, 'refund' as const))
      .map(([n, a]) => ({ words: `${a} ${n}`, act: (w: RewardWorld) => w.settle(n, a) })),
  },
  { weight: 1, arbitrary: fc.constant({ words: 'sweep', act: (w: RewardWorld) => w.sweep() }) },
  { weight: 1, arbitrary: fc.constant({ words: 'tend', act: (w: RewardWorld) => w.tend() }) },
);

const moments = fc.array(fc.tuple(fc.array(acts, { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 0, 0, 3, 20)), {
  minLength: 4,
  maxLength: 14,
});

test('in every interleaving a code is returned, used or waiting, and both books balance', async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (story) => {
      const world = await RewardWorld.open(database);
      for (const [together, days] of story) {
        world.pass(days);
        await Promise.all(together.map(({ act }) => act(world)));
        await world.check();
      }
    }),
    { numRuns: Number(process.env.LOYALTY_RUNS ?? 60), endOnFailure: true },
  );
}, 240_000);
