import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import type { PlanDocument, PlannedCampaign } from '../../definition/plan-document';
import { volante } from '../support/command-line';
import { validCampaign, withKeys, writeFixture } from '../support/definition-fixture';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { temporaryFolder } from '../support/temporary-folder';

const header = 'email,country,consent,consentSource,consentAt';
const granted = 'granted,test,2026-01-01';
const temporary = temporaryFolder('plan');
const cwd = temporary.path;
let database: FreshDatabase;
let env: NodeJS.ProcessEnv;
let campaignFile: string;

beforeAll(async () => {
  campaignFile = join(await writeFixture(cwd), 'campaign.yaml');
  database = await freshDatabase();
  env = { DATABASE_URL: database.url, VOLANTE_SECRET_KEY: 'ab'.repeat(32), VOLANTE_DATA_DIR: join(cwd, 'data') };
  const people = Array.from({ length: 40 }, (_, index) => {
    const country = index < 30 ? 'ES' : 'PT';
    const consent = index < 25 ? granted : ',,';
    return `person${index}@people.example,${country},${consent}`;
  });
  await writeFile(join(cwd, 'people.csv'), [header, ...people, `nocountry@people.example,,${granted}`].join('\n'));
  expect(await volante(['contacts', 'import', 'people.csv'], { cwd, env })).toMatchObject({ exitCode: 0 });
});
afterEach(() => writeFile(campaignFile, validCampaign));
afterAll(async () => {
  await database.drop();
  temporary.remove();
});

const plan = (...words: string[]) => volante(['plan', ...words], { cwd, env });

async function everyRow(): Promise<unknown> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
    );
    const contents: Record<string, unknown> = {};
    for (const { table_name: table } of rows) {
      const sum = `select count(*)::int, md5(string_agg(t::text, '|' order by t::text)) from "${table}" t`;
      contents[table] = (await client.query(sum)).rows;
    }
    return contents;
  } finally {
    await client.end();
  }
}

test('counts people and says why others get nothing', async () => {
  const document = (await plan('--json')).json<PlanDocument>();
  const [planned] = document.campaigns as PlannedCampaign[];
  expect(planned).toMatchObject({ id: 'spring-sale', action: 'launch' });
  const { targeted, heldOut, unconsented, suppressed, capped, reachable, undecidable } = planned!.audience;
  expect({ targeted, undecidable, suppressed, capped }).toEqual({
    targeted: 30,
    undecidable: 1,
    suppressed: 0,
    capped: 0,
  });
  expect(heldOut + unconsented + reachable).toBe(targeted);
  expect(unconsented).toBeGreaterThan(0);
  expect(planned!.audience.undecidableReason).toBe('a value is missing at "country"');
  expect(planned!.cost).toEqual([{ currency: 'EUR', micros: 900 * (targeted - heldOut) }]);
});

test('the same book gives the same plan, byte for byte, and nothing is written to the ledger', async () => {
  const before = await everyRow();
  const [first, second] = [await plan('--json'), await plan('--json')];
  expect(second.stdout).toBe(first.stdout);
  expect(await everyRow()).toEqual(before);
});

test('for people: the reach first, the hash and the next command last', async () => {
  const { exitCode, stdout } = await plan();
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/of 30 targeted/);
  expect(stdout).toMatch(/Plan ([0-9a-f]{12}): 1 to launch.*\nNext: volante apply \1\n$/);
  expect((await plan('--detailed-exitcode')).exitCode).toBe(2);
});

test('one more contact in the audience is another plan', async () => {
  const before = (await plan('--json')).json<PlanDocument>();
  await writeFile(join(cwd, 'more.csv'), `${header}\nnew@people.example,ES,${granted}\n`);
  await volante(['contacts', 'import', 'more.csv'], { cwd, env });
  const after = (await plan('--json')).json<PlanDocument>();
  expect(after.hash).not.toBe(before.hash);
  expect((after.campaigns[0] as PlannedCampaign).planHash).not.toBe((before.campaigns[0] as PlannedCampaign).planHash);
});

test("a campaign's own CSV is its audience", async () => {
  await writeFile(campaignFile, withKeys(validCampaign, 'audience: { from: ./people.csv }'));
  const document = (await plan('--json')).json<PlanDocument>();
  expect((document.campaigns[0] as PlannedCampaign).audience.targeted).toBe(1);
});

test('an invalid campaign is shown with its place, and keeps the plan from being applied', async () => {
  await writeFile(campaignFile, withKeys(validCampaign, 'owner: anna'));
  const { exitCode, stdout } = await plan();
  expect(exitCode).toBe(3);
  expect(stdout).toContain('campaigns/spring-sale/campaign.yaml:1:8');
  expect(stdout).toContain('! spring-sale  cannot be planned: 1 error');
  expect(stdout).not.toContain('Next:');
});

test('a database that is not there, or empty, is said in a line', async () => {
  const away = await volante(['plan'], { cwd, env: { ...env, DATABASE_URL: 'postgres://127.0.0.1:9/none' } });
  expect(away.exitCode).toBe(7);
  expect(away.stderr).toMatch(/^error VOL-501 {2}the database does not answer \(ECONNREFUSED\)\n/);
  const unset = await volante(['plan'], { cwd, env: { ...env, DATABASE_URL: undefined } });
  expect(unset.exitCode).toBe(7);
});
