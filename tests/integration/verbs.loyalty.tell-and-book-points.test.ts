import { spendPoints } from '../../ledger/loyalty/spend';
import { importPeople, peopleCsv } from '../support/ledger-fixture';
import { openTestProgram } from '../support/loyalty-world';
import { codesBudget, codeTerms, euros } from '../support/promotions';
import { type VerbStage, verbStage } from '../support/verb-stage';

let stage: VerbStage;
let program: string;
let contact: string;

beforeAll(async () => {
  stage = await verbStage();
  const { database } = stage.harness;
  program = (await openTestProgram(database)).id;
  await importPeople(database, peopleCsv([{ email: 'p@example.com' }]));
  const { rows } = await database.query<{ id: string }>('select id from contacts limit 1');
  contact = rows[0]?.id ?? '';
}, 120_000);
afterAll(() => stage?.close(), 60_000);

const cli = (words: string) => stage.cli(words);

test('a person gives and takes points with a reason; the card, the liability and the audit show it', async () => {
  const given = await cli(`loyalty ${program} --contact ${contact} --add 50 --reason late --as luis`);
  expect(given.exitCode).toBe(0);
  expect(given.stdout).toMatch(/50/);
  expect(given.stdout).not.toMatch(/p@example\.com/);
  expect((await cli(`loyalty ${program} --contact ${contact} --take 20 --reason wrong --as ana`)).exitCode).toBe(0);
  const owed = await cli(`loyalty ${program} --json`);
  expect(owed.exitCode).toBe(0);
  expect(owed.json()).toMatchObject({ program, members: 1, active: { points: 30 } });
  const { rows } = await stage.harness.database.query<{ actor: string }>(
    `select actor from audit where action like 'loyalty.%' or action like 'points.%' order by id`,
  );
  expect(rows.map(({ actor }) => actor)).toEqual(['luis', 'ana']);
});

test('the same key books once', async () => {
  for (let n = 0; n < 2; n += 1)
    expect(
      (await cli(`loyalty ${program} --contact ${contact} --add 7 --key k1 --reason twice --as luis`)).exitCode,
    ).toBe(0);
  expect((await cli(`loyalty ${program} --json`)).json()).toMatchObject({ active: { points: 37 } });
});

test.each([
  ['an unknown program', 'loyalty nothing', 'VOL-103'],
  ['no number of a contact', 'loyalty PROGRAM --contact p@x', 'VOL-102'],
  ['no reason', 'loyalty PROGRAM --contact CONTACT --add 5 --as luis', 'VOL-102'],
  ['no number of points', 'loyalty PROGRAM --contact CONTACT --add -5 --reason x --as luis', 'VOL-102'],
  ['somebody unknown', 'loyalty PROGRAM --contact CONTACT --add 5 --reason x --as nobody', 'VOL-103'],
])('%s: a problem with a code, and nothing is booked', async (_what, words, code) => {
  const said = await cli(words.replace('PROGRAM', program).replace('CONTACT', contact));
  expect(said.exitCode).toBe(3);
  expect(said.stderr).toMatch(code);
  expect((await cli(`loyalty ${program} --json`)).json()).toMatchObject({ active: { points: 37 } });
});

test('more than a member has is not taken', async () => {
  const said = await cli(`loyalty ${program} --contact ${contact} --take 1000 --reason x --as luis`);
  expect(said.exitCode).not.toBe(0);
  expect((await cli(`loyalty ${program} --json`)).json()).toMatchObject({ active: { points: 37 } });
});

test('codes that were given for points are counted, and never shown', async () => {
  const { database } = stage.harness;
  const promotion = codeTerms({ discount: { kind: 'amount', amount: euros(5) }, worth: euros(5), undo: 'keep' });
  const rewards = [{ id: 'five-off', cost: 10, promotion }];
  const club = await openTestProgram(database, { rewards }, { budget: codesBudget(20) });
  expect((await cli(`loyalty ${club.id} --contact ${contact} --add 50 --reason late --as luis`)).exitCode).toBe(0);
  const answer = await spendPoints(database, {
    program: club,
    contactId: contact,
    key: 'till:1',
    points: 10n,
    code: { reward: 'five-off', terms: promotion },
    now: new Date(),
  });
  const code = answer.done ? answer.code?.code : undefined;
  if (code === undefined) throw new Error('no code was given');
  const owed = await cli(`loyalty ${club.id}`);
  expect(owed.stdout).toMatch(/codes +1 given, 0 used for nothing, at most 5\.00 EUR may still be used/);
  expect((await cli(`loyalty ${club.id} --json`)).json()).toMatchObject({
    codes: { given: 1, reserved: ['5.00 EUR'] },
  });
  const money = await cli(`promotions ${club.id}`);
  expect(money.stdout).toMatch(/reward:five-off: active, 1 codes/);
  expect(money.stdout).toMatch(/the book balances/);
  expect(money.stdout).not.toMatch(/abort/);
  expect(owed.stdout + money.stdout).not.toContain(code);
});
