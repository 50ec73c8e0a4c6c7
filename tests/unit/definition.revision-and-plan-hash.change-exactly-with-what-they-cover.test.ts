import fc from 'fast-check';
import { canonicalJson } from '../../definition/canonical-json';
import { costAtMost } from '../../definition/cost';
import { diffCampaigns } from '../../definition/diff';
import { planHash } from '../../definition/plan-hash';
import type { ResolvedCampaign } from '../../definition/resolved';
import { revisionOf } from '../../definition/revision';
import { loadChanged, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const folder = temporaryFolder('revision');
const root = folder.path;
beforeAll(() => writeFixture(root));
afterAll(() => folder.remove());

async function resolvedWith(keys: string): Promise<ResolvedCampaign> {
  const { campaign, problems } = await loadChanged(root, { keys });
  if (!campaign) throw new Error(JSON.stringify(problems));
  return campaign.resolved;
}

const json = fc.jsonValue();

test('canonical JSON means the same and does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), json), (data) => {
      const text = canonicalJson(data);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(data)));
      expect(canonicalJson(Object.fromEntries(Object.entries(data).reverse()))).toBe(text);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});

test('canonical JSON sorts by UTF-16 units, drops what is absent, refuses what JSON cannot say', () => {
  expect(canonicalJson({ '\u{1F600}': 1, '\uFB33': 2, b: [1, { z: 1, a: undefined }], a: -0 })).toBe(
    '{"a":0,"b":[1,{"z":1}],"\u{1F600}":1,"\uFB33":2}',
  );
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, [undefined], () => 1, 1n]) {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  }
});

test('formatting and spelled-out defaults leave the revision alone', async () => {
  const before = revisionOf(await resolvedWith('id: spring-sale'));
  const spelled = revisionOf(
    await resolvedWith(
      '# a comment\nlocale: es\nschedule:\n  maxLateness: 900s\n  catchupWindow: 10m\n  timezone: "Europe/Madrid"\n  quietHours: 21:00-08:30',
    ),
  );
  expect(spelled).toBe(before);
});

test('every change of meaning changes the revision, and shows in the difference', async () => {
  const before = await resolvedWith('id: spring-sale');
  const changes: [string, string[]][] = [
    ['name: Sale of spring', ['name']],
    ['audience: { from: contacts, where: "contact.country == \\"PT\\"", holdout: 10% }', ['audience.where']],
    ['audience: { from: ./people.csv, where: "contact.country == \\"ES\\"", holdout: 10% }', ['audience.from']],
    ['schedule: { timezone: Europe/Madrid, quietHours: 21:00-08:00 }', ['schedule.quietHours.to']],
    ['schedule: { timezone: Europe/Madrid, quietHours: 21:00-08:30, maxLateness: 16m }', ['schedule.maxLateness']],
  ];
  for (const [keys, paths] of changes) {
    const after = await resolvedWith(keys);
    expect(revisionOf(after)).not.toBe(revisionOf(before));
    expect(diffCampaigns(before, after).map(({ path }) => path)).toEqual(paths);
    expect(diffCampaigns(after, after)).toEqual([]);
  }
});

test('one changed byte in a template changes the revision', async () => {
  const { writeFile } = await import('node:fs/promises');
  const before = await resolvedWith('id: spring-sale');
  await writeFile(`${root}/campaigns/spring-sale/offer.txt`, 'Hello!\n');
  const after = await resolvedWith('id: spring-sale');
  await writeFile(`${root}/campaigns/spring-sale/offer.txt`, 'Hello\n');
  expect(revisionOf(after)).not.toBe(revisionOf(before));
  expect(diffCampaigns(before, after)).toMatchObject([
    { path: 'steps.offer.email.text.sha256', kind: 'changed', cosmetic: false },
  ]);
});

test('a difference tells steps by id, and cosmetic changes from others', async () => {
  const before = await resolvedWith('id: spring-sale');
  const after = structuredClone(before);
  after.name = 'Other';
  after.steps = after.steps.filter(({ id }) => id !== 'note');
  expect(diffCampaigns(before, after).map(({ path, kind, cosmetic }) => [path, kind, cosmetic])).toEqual([
    ['name', 'changed', true],
    ['order', 'changed', false],
    ['steps.note', 'removed', false],
  ]);
});

test('a resolved campaign is plain JSON: nothing changes on the way through a history', async () => {
  const campaign = await resolvedWith('id: spring-sale');
  expect(JSON.parse(JSON.stringify(campaign))).toStrictEqual(campaign);
});

const identity = {
  revision: 'a'.repeat(64),
  audienceChecksum: 'b'.repeat(64),
  targeted: 10,
  cost: [{ currency: 'EUR', micros: 9000 }],
};

test('the plan hash covers revision, audience, number and cost, and nothing else', () => {
  const hash = planHash(identity);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(planHash({ ...identity, cost: [...identity.cost] })).toBe(hash);
  const others = [
    { revision: 'c'.repeat(64) },
    { audienceChecksum: 'c'.repeat(64) },
    { targeted: 11 },
    { cost: [{ currency: 'EUR', micros: 9001 }] },
    { cost: [{ currency: 'USD', micros: 9000 }] },
    { cost: [] },
  ];
  const hashes = others.map((change) => planHash({ ...identity, ...change }));
  expect(new Set([hash, ...hashes]).size).toBe(others.length + 1);
  const mixed = [{ currency: 'USD', micros: 1 }, ...identity.cost];
  expect(planHash({ ...identity, cost: mixed })).toBe(planHash({ ...identity, cost: [...mixed].reverse() }));
});

test('the most it can cost is every delivery step to every recipient, exactly', async () => {
  const campaign = await resolvedWith('id: spring-sale');
  const twice = { ...campaign, steps: [...campaign.steps, ...campaign.steps] };
  const platforms = { mail: { costPerMessage: { currency: 'EUR', micros: 900 } } };
  expect(costAtMost(twice, { recipients: 12_345, platforms })).toEqual([{ currency: 'EUR', micros: 22_221_000 }]);
  expect(costAtMost(campaign, { recipients: 5, platforms: {} })).toEqual([]);
});
