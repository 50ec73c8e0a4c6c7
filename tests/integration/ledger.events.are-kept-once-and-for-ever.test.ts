import fc from 'fast-check';
import { type Database, openDatabase } from '../../ledger/database';
import { freshnessOf, moveWatermark } from '../../ledger/event-sources';
import { type NewEvent, recordEvents } from '../../ledger/events';
import { recordBounces } from '../../ledger/events-own';
import { optOut } from '../../ledger/opt-outs';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { importPeople, peopleCsv, registerTestRun } from '../support/ledger-fixture';

let fresh: FreshDatabase;
let database: Database;
let contactIds: string[] = [];

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 10 });
  await importPeople(database, peopleCsv(Array.from({ length: 50 }, (_, n) => ({ email: `p${n}@example.com` }))));
  contactIds = (await database.query<{ id: string }>('select id from contacts order by id')).rows.map(({ id }) => id);
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

let sources = 0;
const occurredAt = new Date('2026-11-20T10:00:00Z');

test('any lists, cut and repeated any way, by many at once: each id is there once, as first told', async () => {
  const list = fc.array(
    fc.record({ id: fc.nat(30).map(String), person: fc.nat(60), micros: fc.bigInt({ min: 0n, max: 9n }) }),
    {
      maxLength: 40,
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(list, { minLength: 1, maxLength: 6 }), async (lists) => {
      const source = `s${++sources}`;
      const events = lists.map((each) =>
        each.map(
          ({ id, person, micros }): NewEvent => ({
            source,
            id,
            kind: 'revenue',
            about: { contactId: contactIds[person] ?? '999999' },
            occurredAt,
            amount: { micros, currency: 'EUR' },
          }),
        ),
      );
      const answers = await Promise.all(events.map((each) => recordEvents(database, each)));
      const known = lists.flat().filter(({ person }) => person < contactIds.length);
      const total = (field: 'added' | 'repeated') => answers.reduce((sum, answer) => sum + answer[field], 0);
      expect(total('added')).toBe(new Set(known.map(({ id }) => id)).size);
      expect(total('added') + total('repeated')).toBe(known.length);
      answers.forEach(({ unknown }, n) => {
        const expected = (lists[n] ?? []).flatMap(({ person }, index) =>
          person < contactIds.length ? [] : [{ index, reason: 'no such contact' }],
        );
        expect(unknown).toEqual(expected);
      });
      const { rows } = await database.query<{ id: string; amount_micros: string }>(
        'select id, amount_micros from events where source = $1',
        [source],
      );
      for (const { id, amount_micros } of rows)
        expect(known.some((each) => each.id === id && each.micros === BigInt(amount_micros))).toBe(true);
      const again = await Promise.all(events.map((each) => recordEvents(database, each)));
      expect(again.every(({ added }) => added === 0)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([['update events set amount_micros = 0'], ['delete from events'], ['truncate events']])(
  '%s is refused by the database',
  async (statement) => {
    await recordEvents(database, [
      { source: 'kept', id: '1', kind: 'clicked', about: { contactId: contactIds[0] ?? '' }, occurredAt },
    ]);
    await expect(database.query(statement)).rejects.toThrow('append-only');
  },
);

test.each<[string, Record<string, unknown>]>([
  ['an amount without a currency', { amount_micros: 1 }],
  ['a currency of two letters', { amount_micros: 1, currency: 'EU' }],
  ['nobody', { contact_id: null }],
  ['a source that could be ours', { source: 'volante:' }],
  ['a kind nobody knows', { kind: 'bought' }],
])('the database itself refuses %s', async (_what, fields) => {
  const row = { source: 'x', id: '1', kind: 'clicked', contact_id: 1, occurred_at: occurredAt, ...fields };
  const names = Object.keys(row);
  const statement = `insert into events (${names.join(', ')}) values (${names.map((_, n) => `$${n + 1}`).join(', ')})`;
  await expect(database.query(statement, Object.values(row))).rejects.toThrow();
});

async function runWithDeliveries() {
  const { run } = await registerTestRun(database);
  await database.query(
    `insert into deliveries (run_no, step, seq, contact_id, status, claimed_at, settled_at)
     select $1, step, n, ids[n], 'sent', at, at
       from (values ('offer', $3::timestamptz), ('reminder', $3::timestamptz + interval '1 day')) steps(step, at),
            (select $2::bigint[] as ids) everybody, generate_series(1, 10) n`,
    [run.no, contactIds, occurredAt],
  );
  return run;
}

const eventsOf = async (runNo: number) =>
  (
    await database.query(
      'select source, id, kind, contact_id, step, seq from events where run_no = $1 order by source, id',
      [runNo],
    )
  ).rows;

test('an opt-out counts against the last message of its run, once, and together with the suppression or not at all', async () => {
  const run = await runWithDeliveries();
  const contactId = contactIds[2] ?? '';
  const say = () =>
    optOut(database, {
      contactId,
      runNo: run.no,
      source: run.runId,
      method: 'one-click',
      at: new Date('2026-11-22T00:00:00Z'),
    });
  await Promise.all([say(), say(), say()]);
  const event = {
    source: 'volante:unsubscribes',
    id: `${run.no}:reminder:3`,
    kind: 'unsubscribed',
    contact_id: contactId,
    step: 'reminder',
    seq: 3,
  };
  expect(await eventsOf(run.no)).toEqual([event]);
  await optOut(database, {
    contactId: contactIds[30] ?? '',
    runNo: run.no,
    source: 'x',
    method: 'page',
    at: occurredAt,
  });
  expect(await eventsOf(run.no)).toEqual([event]);
});

test('bounces are recorded against their deliveries, once; numbers without a delivery are passed over', async () => {
  const run = await runWithDeliveries();
  const bounce = (seqs: number[]) => recordBounces(database, { runNo: run.no, step: 'offer', seqs, at: occurredAt });
  await Promise.all([bounce([1, 2]), bounce([2, 3]), bounce([3, 99]), bounce([])]);
  expect((await eventsOf(run.no)).map(({ id, kind }) => [id, kind])).toEqual(
    [1, 2, 3].map((seq) => [`${run.no}:offer:${seq}`, 'bounced']),
  );
});

test('a watermark moves forward only, whoever moves it', async () => {
  const hour = (n: number) => new Date(Date.parse('2026-11-20T00:00:00Z') + n * 3600_000);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }), fc.nat(40), async (moves, latest) => {
      const source = `w${++sources}`;
      await Promise.all(moves.map((n) => moveWatermark(database, { source, until: hour(n), now: hour(latest) })));
      expect(await freshnessOf(database, source)).toEqual(hour(Math.max(...moves.map((n) => Math.min(n, latest)))));
    }),
    { numRuns: 40 },
  );
});
