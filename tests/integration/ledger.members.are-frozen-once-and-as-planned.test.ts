import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { compileAudience } from '../../definition/audience-condition';
import type { ResolvedCampaign } from '../../definition/resolved';
import { upsertContacts } from '../../ledger/contacts';
import { type Database, openDatabase } from '../../ledger/database';
import { freezeAudience } from '../../ledger/members';
import { gatherPlanFacts } from '../../ledger/plan-facts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { freeze, importPeople, type PersonRow, peopleCsv, registerTestRun } from '../support/ledger-fixture';
import { testSecretKey, testWorkspace } from '../support/run-harness';

let fresh: FreshDatabase;
let database: Database;
const inBook = 2_000;

const person = (n: number): PersonRow => ({
  email: `p${n}@example.com`,
  country: n % 4 === 0 ? 'PT' : 'ES',
  orders: n % 10,
  timeZone: ['Europe/Madrid', 'America/New_York', ''][n % 3],
  consent: n % 7 === 0 ? '' : 'granted',
});

beforeAll(async () => {
  fresh = await freshDatabase();
  database = openDatabase({ url: fresh.url, connections: 6 });
  await importPeople(database, peopleCsv(Array.from({ length: inBook }, (_, n) => person(n))));
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

interface MemberRow {
  seq: number;
  contact_id: string;
  shard: number;
  arm: string;
  propensity: number;
  time_zone: string;
}

async function membersOf(runNo: number): Promise<MemberRow[]> {
  const { rows } = await database.query<MemberRow>(
    'select seq, contact_id, shard, arm, propensity, time_zone from members where run_no = $1 order by seq',
    [runNo],
  );
  return rows;
}

function planFacts(campaign: ResolvedCampaign, csv?: Buffer) {
  return gatherPlanFacts(database, {
    campaign,
    revision: 'f'.repeat(64),
    workspace: testWorkspace,
    condition: compileAudience(campaign.audience.where),
    csv,
    secretKey: testSecretKey,
    now: new Date(),
  });
}

const where = 'contact.country == "ES" && contact.orders > 2';
const audience = { from: 'contacts' as const, where, holdout: 0.25 };

test('numbers are 1 to n without holes, shards follow them, and who is held out is said with its probability', async () => {
  const { run, campaign } = await registerTestRun(database, { audience });
  const frozen = await freeze(database, { runNo: run.no, campaign });
  const members = await membersOf(run.no);
  expect(frozen.members).toBe(members.length);
  expect(members.map(({ seq }) => seq)).toEqual(members.map((_, index) => index + 1));
  expect(members.every(({ seq, shard }) => shard === Math.floor((seq - 1) / 100))).toBe(true);
  expect(new Set(members.map(({ contact_id }) => contact_id)).size).toBe(members.length);
  const heldOut = members.filter(({ arm }) => arm === 'holdout');
  expect(heldOut).toHaveLength(frozen.heldOut);
  expect(heldOut.every(({ propensity }) => propensity === 0.25)).toBe(true);
  expect(members.filter(({ arm }) => arm === 'all').every(({ propensity }) => propensity === 0.75)).toBe(true);
});

test("it is the plan's audience: the same people, held-out ones and checksum", async () => {
  const { run, campaign } = await registerTestRun(database, { audience });
  const planned = (await planFacts(campaign)).audience;
  const frozen = await freeze(database, { runNo: run.no, campaign });
  expect(frozen).toEqual({
    members: planned.targeted,
    heldOut: planned.heldOut,
    undecidable: planned.undecidable,
    checksum: planned.checksum,
  });
  const expected = Array.from({ length: inBook }, (_, n) => person(n)).filter(
    ({ country, orders }) => country === 'ES' && (orders ?? 0) > 2,
  );
  expect(frozen.members).toBe(expected.length);
});

test('frozen is frozen: asked again, at once or after the book has changed, it answers the same', async () => {
  const { run, campaign } = await registerTestRun(database, { audience });
  const [first, second] = await Promise.all([
    freeze(database, { runNo: run.no, campaign }),
    freeze(database, { runNo: run.no, campaign }),
  ]);
  const members = await membersOf(run.no);
  expect(second).toEqual(first);
  await importPeople(
    database,
    peopleCsv([
      { email: 'newcomer@example.com', orders: 9 },
      { ...person(9), country: 'PT' },
    ]),
  );
  expect(await freeze(database, { runNo: run.no, campaign })).toEqual(first);
  expect(await membersOf(run.no)).toEqual(members);
  const other = await registerTestRun(database, { id: campaign.id, audience });
  expect((await freeze(database, { runNo: other.run.no, campaign })).checksum).not.toBe(first.checksum);
});

test('a run again assigns everybody as before: same arm, same order', async () => {
  const [one, again] = [
    await registerTestRun(database, { id: 'twice', audience }),
    await registerTestRun(database, { id: 'twice', audience }),
  ];
  await freeze(database, { runNo: one.run.no, campaign: one.campaign });
  await freeze(database, { runNo: again.run.no, campaign: again.campaign });
  expect(await membersOf(again.run.no)).toEqual(await membersOf(one.run.no));
});

test.each([0.02, 0.1, 0.25, 0.5, 0.9].flatMap((holdout) => [1, 2].map((salt) => ({ holdout, salt }))))(
  'of all and of the first half, the share held out is within three standard deviations: %o',
  async ({ holdout, salt }) => {
    const { run, campaign } = await registerTestRun(database, {
      id: `salt-${holdout * 100}-${salt}`,
      audience: { from: 'contacts', where: 'contact.country == "ES"', holdout },
    });
    await freeze(database, { runNo: run.no, campaign });
    const all = await membersOf(run.no);
    for (const members of [all, all.slice(0, all.length / 2)]) {
      const heldOut = members.filter(({ arm }) => arm === 'holdout').length;
      const sigma = Math.sqrt(members.length * holdout * (1 - holdout));
      expect(Math.abs(heldOut - members.length * holdout)).toBeLessThanOrEqual(3 * sigma);
    }
  },
);

describe("a campaign's own CSV", () => {
  const rows = fc.array(
    fc.record({
      email: fc.integer({ min: inBook - 20, max: inBook + 20 }).map((n) => `p${n}@example.com`),
      country: fc.constantFrom('ES', 'PT', ''),
      orders: fc.nat({ max: 9 }),
      consent: fc.constantFrom<PersonRow['consent']>('granted', 'withdrawn', ''),
      consentAt: fc.constantFrom('2025-06-01', '2026-01-01', '2026-03-01'),
    }),
    { minLength: 1, maxLength: 30 },
  );

  test('plan and run agree, whoever is in the book already and however often the file names them', async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (people) => {
        const csv = peopleCsv(people);
        const { run, campaign } = await registerTestRun(database, {
          audience: { from: { csv: { path: 'people.csv', sha256: 'x' } }, where: 'contact.orders > 1', holdout: 0.3 },
        });
        const before = (await planFacts(campaign, csv)).audience;
        const frozen = await freeze(database, { runNo: run.no, campaign, csv });
        const after = (await planFacts(campaign, csv)).audience;
        expect(after).toEqual(before);
        expect(frozen).toEqual({
          members: before.targeted,
          heldOut: before.heldOut,
          undecidable: before.undecidable,
          checksum: before.checksum,
        });
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});

test('a condition that throws, and a connection that breaks, leave nothing and break nothing', async () => {
  const { run, campaign } = await registerTestRun(database, { audience });
  const request = { campaign, secretKey: testSecretKey, runNo: run.no, shardSize: 100 };
  let asked = 0;
  const failing = () => {
    asked += 1;
    if (asked > 100) throw new Error('no answer');
    return true;
  };
  await expect(freezeAudience(database, { ...request, condition: failing })).rejects.toThrow('no answer');
  expect(await membersOf(run.no)).toEqual([]);

  const lone = openDatabase({ url: fresh.url, connections: 3, applicationName: 'to be cut' });
  const cut = () =>
    database.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to be cut'`);
  let cutting: Promise<unknown> | undefined;
  const progress = () => {
    cutting ??= cut();
  };
  await expect(
    freezeAudience(lone, { ...request, condition: () => true, onProgress: progress }).then(async (frozen) => {
      await cutting;
      return frozen;
    }),
  ).rejects.toThrow();
  await cutting;
  await lone.end();
  expect(await membersOf(run.no)).toEqual([]);
  expect((await freeze(database, { runNo: run.no, campaign })).members).toBeGreaterThan(0);
});

test('the checksum is what anybody can compute from the people and who is held out', async () => {
  const { run, campaign } = await registerTestRun(database, { audience });
  const { checksum } = await freeze(database, { runNo: run.no, campaign });
  const { rows } = await database.query<{ hash: string; held: boolean }>(
    `select encode(c.address_hash, 'hex') as hash, m.arm = 'holdout' as held
       from members m join contacts c on c.id = m.contact_id where m.run_no = $1 order by c.id`,
    [run.no],
  );
  const text = rows.map(({ hash, held }) => `${hash}:${held ? 1 : 0}\n`).join('');
  expect(createHash('sha256').update(text).digest('hex')).toBe(checksum);
});

test('an audience of nobody is frozen as such', async () => {
  const { run, campaign } = await registerTestRun(database, {
    audience: { from: 'contacts', where: 'contact.orders > 1000', holdout: 0.1 },
  });
  expect(await freeze(database, { runNo: run.no, campaign })).toMatchObject({ members: 0, heldOut: 0 });
  expect(await upsertContacts(database, [])).toEqual({ added: 0, updated: 0, repeated: 0 });
});
