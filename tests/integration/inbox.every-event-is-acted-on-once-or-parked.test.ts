/** The dispatcher over a real ledger: what it is told, it hands over; what cannot be acted on waits with its reason. */

import { Readable } from 'node:stream';
import fc from 'fast-check';
import { addressHash } from '../../ledger/address-hash';
import { importContacts } from '../../ledger/contacts-import';
import { type Database, openDatabase } from '../../ledger/database';
import {
  discardParked,
  type InboxEvent,
  parkedInbox,
  retryParked,
  retryStrangers,
  storeInbox,
} from '../../ledger/inbox';
import { dispatchInbox, dispatchOnce, type EventConsumer, mostTries } from '../../operations/dispatch-inbox';
import { eventually } from '../support/eventually';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { testSecretKey } from '../support/run-harness';

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 8 });
});
afterEach(async () => {
  await database?.end();
  await fresh?.drop();
});

const event = (id: string, fields: object = {}) => ({
  source: 'shop',
  id,
  type: 'page.viewed',
  occurredAt: new Date('2026-11-20T10:00:00Z'),
  data: {},
  ...fields,
});

/** Remembers what it acted on. */
function recorder(fails: (event: InboxEvent) => string | Error | undefined = () => undefined) {
  const acted: string[] = [];
  const consumer: EventConsumer = {
    name: 'recorder',
    async consume(events) {
      const refused = new Map<string, string>();
      for (const one of events) {
        const failure = fails(one);
        if (failure instanceof Error) throw failure;
        if (failure !== undefined) refused.set(one.no, failure);
      }
      acted.push(...events.filter(({ no }) => !refused.has(no)).map(({ id }) => id));
      return refused;
    },
  };
  return { acted, consumer };
}

const states = async () =>
  Object.fromEntries(
    (await database.query<{ id: string; state: string }>('select id, state from inbox order by no')).rows.map(
      ({ id, state }) => [id, state],
    ),
  );
/** Time passes: whatever waits for its next try, or for a lease, is due. */
const makeDue = () => database.query(`update inbox set next_try_at = now() where state = 'new'`);

test('many dispatchers side by side hand each event to exactly one of them', async () => {
  const ids = Array.from({ length: 500 }, (_, n) => `e${n}`);
  await Promise.all(
    [0, 1, 2].map(() =>
      storeInbox(
        database,
        ids.map((id) => event(id)),
      ),
    ),
  );
  const all = recorder();
  const stopping = new AbortController();
  const dispatchers = [1, 2, 3, 4].map(() =>
    dispatchInbox({ database, consumers: [all.consumer], batch: 17, pollMs: 5 }, stopping.signal),
  );
  await eventually(async () => Object.values(await states()).every((state) => state === 'done') || undefined, {
    what: 'everything is done',
  });
  stopping.abort();
  await Promise.all(dispatchers);
  expect([...all.acted].sort()).toEqual([...ids].sort());
});

test('a poison event is parked with its reason and keeps nobody from the others', async () => {
  await storeInbox(
    database,
    ['a', 'poison', 'b', 'refused', 'c'].map((id) => event(id)),
  );
  const { acted, consumer } = recorder(({ id }) =>
    id === 'poison' ? new Error('cannot be read\nwith more lines') : id === 'refused' ? 'makes no sense' : undefined,
  );
  await dispatchOnce({ database, consumers: [consumer] });
  expect(acted.sort()).toEqual(['a', 'b', 'c']);
  for (let n = 1; n < mostTries; n += 1) {
    expect(await states()).toMatchObject({ a: 'done', poison: 'new', refused: 'new' });
    await makeDue();
    await dispatchOnce({ database, consumers: [consumer] });
  }
  expect((await parkedInbox(database, { limit: 10 })).events).toMatchObject([
    { id: 'poison', reason: 'recorder: cannot be read', attempts: mostTries },
    { id: 'refused', reason: 'makes no sense', attempts: mostTries },
  ]);
  expect(acted.sort()).toEqual(['a', 'b', 'c']);
});

test('an event that ends every dispatcher is given up after as many tries', async () => {
  await storeInbox(database, [event('deadly')]);
  const never: EventConsumer = {
    name: 'never',
    consume: () => Promise.reject(new Error('not reached')),
  };
  for (let n = 0; n < mostTries; n += 1) {
    await database.query('update inbox set attempts = attempts + 1');
  }
  await dispatchOnce({ database, consumers: [never] });
  expect((await parkedInbox(database, { limit: 1 })).events).toMatchObject(
    [{ reason: /given up/ }].map(() => ({ id: 'deadly' })),
  );
});

test('while what acts on events is away, nothing is lost, blamed or parked', async () => {
  await storeInbox(database, [event('a'), event('b')]);
  const away = recorder(() => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  for (let n = 0; n < mostTries * 3; n += 1) {
    await dispatchOnce({ database, consumers: [away.consumer] });
    await makeDue();
  }
  expect(await states()).toEqual({ a: 'new', b: 'new' });
  const back = recorder();
  await dispatchOnce({ database, consumers: [back.consumer] });
  expect(back.acted).toEqual(['a', 'b']);
  expect(await states()).toEqual({ a: 'done', b: 'done' });
});

test('what a dead dispatcher had in hand is handed out again once its lease is over, and not before', async () => {
  await storeInbox(database, [event('a')]);
  const dying: EventConsumer = { name: 'dying', consume: () => new Promise(() => undefined) };
  void dispatchOnce({ database, consumers: [dying], leaseMs: 3600_000 });
  await eventually(
    async () => (await database.query('select from inbox where attempts = 1')).rowCount === 1 || undefined,
    { what: 'it is taken' },
  );
  const heir = recorder();
  await dispatchOnce({ database, consumers: [heir.consumer] });
  expect(heir.acted).toEqual([]);
  await makeDue();
  await dispatchOnce({ database, consumers: [heir.consumer] });
  expect(heir.acted).toEqual(['a']);
});

test('events about strangers wait until their contact is imported', async () => {
  await storeInbox(database, [
    event('known later', { about: { addressHash: addressHash('new@example.com', testSecretKey) } }),
    event('unknown', { about: { externalId: 'nobody' } }),
    event('about nobody'),
  ]);
  const seen: (string | undefined)[] = [];
  const consumer: EventConsumer = {
    name: 'seen',
    async consume(events) {
      seen.push(...events.map(({ id, contactId }) => `${id}: ${contactId === undefined ? 'nobody' : 'somebody'}`));
      return new Map();
    },
  };
  await dispatchOnce({ database, consumers: [consumer] });
  expect(seen).toEqual(['about nobody: nobody']);
  expect((await parkedInbox(database, { limit: 9 })).total).toBe(2);
  await importContacts(database, {
    source: Readable.from(['email\nnew@example.com\n']),
    file: 'people.csv',
    secretKey: testSecretKey,
  });
  expect(await retryStrangers(database)).toBe(1);
  await dispatchOnce({ database, consumers: [consumer] });
  expect(seen).toEqual(['about nobody: nobody', 'known later: somebody']);
});

test('a person tries parked events again, or discards them for good', async () => {
  await storeInbox(
    database,
    ['a', 'b', 'c'].map((id) => event(id)),
  );
  await database.query(`update inbox set state = 'parked', reason = 'x', attempts = 5`);
  const [a, b] = (await parkedInbox(database, { limit: 3 })).events;
  expect(await retryParked(database, { nos: [a?.no ?? ''] })).toEqual([a?.no]);
  expect(await discardParked(database, { nos: [b?.no ?? '', a?.no ?? ''] })).toEqual([b?.no]);
  expect(await states()).toEqual({ a: 'new', b: 'discarded', c: 'parked' });
  expect(await retryParked(database, 'all')).toHaveLength(1);
  await expect(database.query(`update inbox set state = 'new' where id = 'b'`)).rejects.toThrow(/stays as it is/);
  await expect(database.query(`update inbox set data = '{"x":1}' where id = 'a'`)).rejects.toThrow(/stays as it is/);
  await expect(database.query('delete from inbox')).rejects.toThrow(/append-only/);
});

test('stored in any order, by anybody, as often as they like: once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom('p', 'q', 'r', 's'), { maxLength: 6 }), { maxLength: 5 }),
      async (lists) => {
        const round = String(Math.random());
        const counts = await Promise.all(
          lists.map((ids) =>
            storeInbox(
              database,
              ids.map((id) => event(id + round)),
            ),
          ),
        );
        const distinct = new Set(lists.flat()).size;
        expect(counts.reduce((sum, { added }) => sum + added, 0)).toBe(distinct);
        expect(counts.reduce((sum, { added, repeated }) => sum + added + repeated, 0)).toBe(lists.flat().length);
      },
    ),
    { numRuns: 30 },
  );
});
