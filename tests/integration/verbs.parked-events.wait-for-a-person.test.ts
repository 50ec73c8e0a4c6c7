import { parkInbox, storeInbox, takeInbox } from '../../ledger/inbox';
import { type VerbStage, verbStage } from '../support/verb-stage';

let stage: VerbStage;

beforeAll(async () => {
  stage = await verbStage();
}, 120_000);
afterAll(() => stage?.close(), 60_000);

const cli = (words: string) => stage.cli(words);

interface Parked {
  total: number;
  events: { no: string; id: string; reason: string }[];
}

/** Events that a dispatcher gave up. @returns their numbers */
async function park(...ids: string[]): Promise<string[]> {
  const { database } = stage.harness;
  await storeInbox(
    database,
    ids.map((id) => ({ source: 'shop', id, type: 'order.paid', occurredAt: new Date(), data: { city: 'Madrid' } })),
  );
  const taken = await takeInbox(database, { limit: 100, leaseMs: 1_000 });
  await parkInbox(
    database,
    taken.map(({ no }) => ({ no, reason: 'journeys: no such field' })),
  );
  return taken.map(({ no }) => no);
}

const factsWritten = async () =>
  (await stage.harness.database.query<{ n: number }>('select count(*)::int as n from audit')).rows[0]?.n;

const stateOf = async (no: string | undefined) =>
  (await stage.harness.database.query<{ state: string }>('select state from inbox where no = $1', [no])).rows[0]?.state;

test('nothing is parked: said so, with exit code 0', async () => {
  const said = await cli('events parked');
  expect(said.exitCode).toBe(0);
  expect(said.stdout).toMatch(/no event is parked/);
});

test('parked events are listed with their reason and without what they hold', async () => {
  const [no] = await park('listed');
  const said = await cli('events parked');
  expect(said.exitCode).toBe(0);
  expect(said.stdout).toMatch(/1 parked/);
  expect(said.stdout).toMatch(/journeys: no such field/);
  expect(said.stdout).not.toMatch(/Madrid/);
  expect((await cli('events parked --json')).json<Parked>()).toMatchObject({
    total: 1,
    events: [{ no, id: 'listed' }],
  });
  await cli(`events discard ${no} --reason cleared --as luis`);
});

test('a person tries one again and discards another; the audit knows who and why', async () => {
  const [again, never] = await park('again', 'never');
  expect((await cli(`events retry ${again} --reason corrected --as luis`)).exitCode).toBe(0);
  expect((await cli(`events discard ${never} --reason test --as ana`)).exitCode).toBe(0);
  expect(await stateOf(again)).toBe('new');
  expect(await stateOf(never)).toBe('discarded');
  const { rows } = await stage.harness.database.query(
    `select actor, action, detail from audit where action like 'events.%' order by id desc limit 2`,
  );
  expect(rows).toEqual([
    { actor: 'ana', action: 'events.discarded', detail: { nos: [never], reason: 'test' } },
    { actor: 'luis', action: 'events.retried', detail: { nos: [again], reason: 'corrected' } },
  ]);
});

test('all of them at once', async () => {
  const nos = await park('x', 'y', 'z');
  const said = await cli('events discard --all --reason flood --as luis --json');
  expect(said.json()).toMatchObject({ action: 'discard', nos: expect.arrayContaining(nos) });
  expect((await cli('events parked --json')).json<Parked>().total).toBe(0);
});

test.each([
  ['retry without numbers', 'events retry --reason x --as luis', 'VOL-102'],
  ['numbers and --all', 'events retry 1 --all --reason x --as luis', 'VOL-102'],
  ['what is no number', 'events retry 1x --reason x --as luis', 'VOL-102'],
  ['no reason', 'events retry 1 --as luis', 'VOL-102'],
  ['one that is not parked', 'events discard 999999 --reason x --as luis', 'VOL-103'],
  ['somebody unknown', 'events discard 1 --reason x --as nobody', 'VOL-103'],
  ['another word', 'events burn', 'VOL-102'],
])('%s: a problem with a code, and nothing changes', async (_what, words, code) => {
  const before = await factsWritten();
  const said = await cli(words);
  expect(said.exitCode).toBe(3);
  expect(said.stderr).toMatch(code);
  expect(await factsWritten()).toBe(before);
});
