import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Comparison, compareCampaigns } from '../../definition/comparison';
import { findCampaigns } from '../../definition/find-campaigns';
import type { LoadOutcome } from '../../definition/load-campaign';
import { loadCampaigns } from '../../definition/load-campaigns';
import { loadWorkspace } from '../../definition/load-workspace';
import { messageWords, wordChanges } from '../../email/message-words';
import { validCampaign, validWorkspace, withKeys, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('comparison');
const root = temporary.path;
const campaign = join(root, 'campaigns', 'spring-sale', 'campaign.yaml');
let before: LoadOutcome[];

beforeAll(async () => {
  await writeFixture(root);
  before = await load();
});
afterEach(async () => {
  await rm(join(root, 'campaigns'), { recursive: true });
  await writeFixture(root);
});
afterAll(() => temporary.remove());

async function load(): Promise<LoadOutcome[]> {
  const { workspace } = await loadWorkspace(root);
  if (!workspace) throw new Error('the workspace is wrong');
  return loadCampaigns(findCampaigns(join(root, 'campaigns')), { workspace, root });
}

async function compared(): Promise<Comparison> {
  return compareCampaigns(before, await load());
}

test('the same files, other formatting, files that nothing refers to: unchanged', async () => {
  await writeFile(campaign, `# a remark\n${validCampaign.replaceAll(', ', ',   ')}`);
  await writeFile(join(root, 'campaigns', 'spring-sale', 'notes.md'), 'not for the campaign');
  expect(await compared()).toEqual({ campaigns: [], unchanged: ['spring-sale'] });
});

test('a moved folder is the same campaign', async () => {
  await cp(join(root, 'campaigns', 'spring-sale'), join(root, 'campaigns', 'older', 'moved'), {
    recursive: true,
    filter: (path) => !path.endsWith('huge.csv'),
  });
  await rm(join(root, 'campaigns', 'spring-sale'), { recursive: true });
  expect(await compared()).toEqual({ campaigns: [], unchanged: ['spring-sale'] });
});

test('a changed field, with what it was', async () => {
  await writeFile(campaign, withKeys(validCampaign, 'name: Summer sale'));
  expect((await compared()).campaigns).toMatchObject([
    {
      id: 'spring-sale',
      relation: 'changed',
      changes: [{ path: 'name', before: 'Spring sale', after: 'Summer sale' }],
      messages: [],
    },
  ]);
});

test('a changed file beside it, by its words', async () => {
  await writeFile(join(root, 'campaigns', 'spring-sale', 'offer.txt'), 'Hello dear friend\n');
  expect((await compared()).campaigns).toMatchObject([
    { relation: 'changed', messages: [{ file: 'offer.txt', inserted: 2, deleted: 0 }] },
  ]);
});

test('what the workspace gives to a campaign is part of it', async () => {
  await writeFile(join(root, 'volante.yaml'), validWorkspace.replace('La Tienda', 'La Otra Tienda'));
  const { campaigns } = await compared();
  expect(campaigns[0]?.changes.map(({ path }) => path)).toContain('steps.offer.email.sender.name');
});

test('added, removed, invalid, two with one id', async () => {
  const folder = join(root, 'campaigns', 'more');
  await mkdir(folder);
  const plain = 'steps: [{ id: note, notify: { to: [ops], subject: Hi, message: Hi. } }]';
  await writeFile(join(folder, 'campaign.yaml'), withKeys(withKeys(validCampaign, 'id: more'), plain));
  expect(await compared()).toMatchObject({
    campaigns: [{ id: 'more', relation: 'added', outline: { irreversible: [], gates: [] } }],
    unchanged: ['spring-sale'],
  });
  await writeFile(campaign, 'id: [');
  expect((await compared()).campaigns).toMatchObject([
    { id: 'campaigns/spring-sale/campaign.yaml', relation: 'invalid' },
    { id: 'more', relation: 'added' },
    { id: 'spring-sale', relation: 'removed' },
  ]);
  await writeFile(campaign, withKeys(withKeys(validCampaign, 'id: more'), plain));
  expect((await compared()).campaigns).toMatchObject([
    { relation: 'invalid', problems: expect.arrayContaining([expect.objectContaining({ rule: 'DEF-012' })]) },
    { relation: 'invalid' },
    { id: 'spring-sale', relation: 'removed' },
  ]);
});

test('words are what people read', () => {
  const mjml =
    '<mjml><mj-head><mj-style>p { color: red }</mj-style></mj-head><mj-text>Hello&nbsp;dear <b>friend</b></mj-text></mjml>';
  expect(messageWords(mjml, 'markup')).toEqual(['Hello', 'dear', 'friend']);
  expect(messageWords('<style>a</style><script>b</script>c', 'markup')).toEqual(['c']);
  expect(messageWords('a < b', 'text')).toEqual(['a', '<', 'b']);
});

/** The length of the longest common subsequence, the plain way. */
function common(a: string[], b: string[]): number {
  const table = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (const [i, left] of a.entries())
    for (const [j, right] of b.entries())
      table[i + 1]![j + 1] = left === right ? table[i]![j]! + 1 : Math.max(table[i]![j + 1]!, table[i + 1]![j]!);
  return table[a.length]![b.length]!;
}

test('the fewest words in and out, as a plain table counts them', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
  fc.assert(
    fc.property(words, words, (a, b) => {
      const kept = common(a, b);
      expect(wordChanges(a, b)).toEqual({ inserted: b.length - kept, deleted: a.length - kept, isMore: false });
    }),
    { numRuns: 500 },
  );
});

test('a message written anew is counted no further than is useful', () => {
  const many = (letter: string) => Array.from({ length: 100_000 }, (_, n) => `${letter}${n}`);
  expect(wordChanges(many('a'), many('b'))).toMatchObject({ isMore: true });
});
