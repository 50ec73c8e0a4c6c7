import fc from 'fast-check';
import type { PoolClient } from 'pg';
import { type AuditFact, readFacts, recordFact, verifyAudit } from '../../ledger/audit';
import { type Database, openDatabase } from '../../ledger/database';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';

let fresh: FreshDatabase;
let database: Database;
const length = 40;

/** Values that could pass for something else where fields are put side by side. */
const words = fc.oneof(
  fc.constantFrom('', '|', 'a|b', 'null', '"', '\\', 'ana', 'gate.decided', '[]', ','),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
);

const facts: fc.Arbitrary<AuditFact> = fc.record(
  {
    at: fc.date({ min: new Date('2026-01-01'), max: new Date('2027-01-01'), noInvalidDate: true }),
    runId: words,
    actor: words,
    action: words,
    subject: words,
    detail: fc.dictionary(fc.constantFrom('a', 'b', 'books'), fc.oneof(fc.integer(), words, fc.boolean())),
  },
  { requiredKeys: ['at', 'actor', 'action'] },
);

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 8 });
  await Promise.all(
    fc.sample(facts, length).map((fact, index) => recordFact(database, { ...fact, factKey: `fact-${index}` })),
  );
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

/** What a superuser can do who knows of the triggers; undone afterwards. */
async function afterTampering(tamper: (client: PoolClient) => Promise<unknown>): Promise<string | undefined> {
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query('set local session_replication_role = replica');
    await tamper(client);
    return (await verifyAudit(client)).brokenAt;
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const ids = async (): Promise<string[]> =>
  (await database.query<{ id: string }>('select id from audit order by id')).rows.map(({ id }) => id);

test('facts written side by side make one whole chain', async () => {
  expect(await verifyAudit(database)).toEqual({ rows: length, brokenAt: undefined });
});

test('a fact told again by a retry is one fact, also when told at once', async () => {
  const fact = {
    at: new Date(),
    runId: 'campaign/x/1',
    actor: 'volante',
    action: 'run.prepared',
    factKey: 'x:prepared',
  };
  await Promise.all(Array.from({ length: 8 }, () => recordFact(database, fact)));
  expect(await readFacts(database, 'campaign/x/1')).toHaveLength(1);
  expect((await verifyAudit(database)).brokenAt).toBeUndefined();
});

test('several rows in one statement, and a transaction that is rolled back, keep it whole', async () => {
  await database.query(
    `insert into audit (at, actor, action, prev_hash, hash) select now(), 'volante', 'test.' || n, '', '' from generate_series(1, 5) n`,
  );
  const client = await database.connect();
  await client.query('begin');
  await recordFact(client, { at: new Date(), actor: 'volante', action: 'never.happened' });
  await client.query('rollback');
  client.release();
  await recordFact(database, { at: new Date(), actor: 'volante', action: 'test.after' });
  expect((await verifyAudit(database)).brokenAt).toBeUndefined();
});

test.each([
  ["update audit set actor = 'eve'"],
  ['delete from audit'],
  ['truncate audit'],
  ['delete from deliveries'],
  ['truncate consents'],
  ['truncate suppressions'],
  ['truncate deliveries'],
])('%s is refused where there is something to lose', async (statement) => {
  await database.query(
    `insert into contacts (id, address, address_key, address_hash, domain) overriding system value
     values (1, 'a@x.example', 'a@x.example', '\\x01', 'x.example') on conflict do nothing`,
  );
  const { rows } = await database.query<{ no: number }>(
    `with r as (insert into revisions (revision, campaign_id, definition) values ('r', 'c', '{}') on conflict do nothing)
     select coalesce((select min(no) from runs), 0) as no`,
  );
  if (rows[0]?.no === 0)
    await database.query(
      `insert into runs (run_id, campaign_id, environment, revision, applied_plan_hash, applied_by, applied_at)
       values ('campaign/c/r', 'c', 'test', 'r', 'h', 'ana', now())`,
    );
  await database.query(
    `insert into deliveries (run_no, step, seq, contact_id, status) select min(no), 'offer', 1, 1, 'sent' from runs on conflict do nothing`,
  );
  await expect(database.query(statement)).rejects.toMatchObject({
    code: '23514',
    message: expect.stringContaining('append-only'),
  });
});

const changes: [string, fc.Arbitrary<unknown>][] = [
  ['at', fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })],
  ['run_id', fc.option(words)],
  ['actor', words],
  ['action', words],
  ['subject', fc.option(words)],
  ['detail', fc.dictionary(words, words).map((value) => JSON.stringify(value))],
  ['fact_key', fc.option(fc.uuid())],
  ['hash', fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))],
  ['prev_hash', fc.uint8Array({ minLength: 1, maxLength: 32 }).map((bytes) => Buffer.from(bytes))],
];

test('any column of any row changed to anything else is seen', async () => {
  const all = await ids();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...all),
      fc.oneof(...changes.map(([column, value]) => value.map((to) => ({ column, to })))),
      async (id, { column, to }) => {
        let changed = 0;
        const brokenAt = await afterTampering(async (client) => {
          const { rowCount } = await client.query(
            `update audit set ${column} = $2 where id = $1 and ${column} is distinct from $2`,
            [id, to],
          );
          changed = rowCount ?? 0;
        });
        fc.pre(changed === 1);
        expect(brokenAt).toBeDefined();
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);

test('text that is moved from one field into the next is seen', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...(await ids())), fc.constantFrom('|', ',', '","', ''), async (id, between) => {
      let changed = 0;
      const brokenAt = await afterTampering(async (client) => {
        const { rowCount } = await client.query(
          `update audit set actor = actor || $2 || action, action = coalesce(subject, ''), subject = null
            where id = $1 and (actor || $2 || action, coalesce(subject, ''), null::text) is distinct from (actor, action, subject)`,
          [id, between],
        );
        changed = rowCount ?? 0;
      });
      fc.pre(changed === 1);
      expect(brokenAt).toBeDefined();
    }),
    { numRuns: 100 },
  );
});

test('rows taken out are seen, wherever and however many, also the last ones', async () => {
  const all = await ids();
  await fc.assert(
    fc.asyncProperty(fc.subarray(all, { minLength: 1 }), async (gone) => {
      expect(
        await afterTampering((client) => client.query('delete from audit where id = any($1::bigint[])', [gone])),
      ).toBeDefined();
    }),
    { numRuns: 100 },
  );
  for (const last of [1, 2, all.length])
    expect(
      await afterTampering((client) =>
        client.query('delete from audit where id = any($1::bigint[])', [all.slice(-last)]),
      ),
    ).toBe('end');
});

test('rows that change places, numbers or company are seen', async () => {
  const all = await ids();
  const free = String(Number(all.at(-1)) + 1_000);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.constantFrom(...all), { minLength: 2, maxLength: 2 }), async ([one, other]) => {
      const renumber = (client: PoolClient, from: string, to: string) =>
        client.query('update audit set id = $2 where id = $1', [from, to]);
      expect(
        await afterTampering(async (client) => {
          await client.query(`alter table audit alter column id drop identity`);
          await renumber(client, one!, free);
          await renumber(client, other!, one!);
          await renumber(client, free, other!);
        }),
      ).toBeDefined();
      expect(
        await afterTampering(async (client) => {
          await client.query(`alter table audit alter column id drop identity`);
          await renumber(client, one!, free);
        }),
      ).toBeDefined();
      expect(
        await afterTampering((client) =>
          client.query(
            `insert into audit (id, at, actor, action, prev_hash, hash) overriding system value
             select $1::bigint, at, actor, action, prev_hash, hash from audit where id = $2`,
            [free, one],
          ),
        ),
      ).toBeDefined();
    }),
    { numRuns: 60 },
  );
});
