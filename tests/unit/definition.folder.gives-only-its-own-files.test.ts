import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCampaigns } from '../../definition/find-campaigns';
import { loadCampaign } from '../../definition/load-campaign';
import { CampaignFolder, isFault } from '../../definition/source/folder';
import { fixtureWorkspace, validCampaign, writeFixture } from '../support/definition-fixture';
import { temporaryFolder } from '../support/temporary-folder';

const temporary = temporaryFolder('folder');
const root = temporary.path;
let folder: string;
beforeAll(async () => {
  folder = await writeFixture(root);
  await writeFile(join(root, 'secret.txt'), 'secret\n');
  await mkdir(join(folder, 'inner'));
  await writeFile(join(folder, 'inner', 'note.txt'), 'inside\n');
  await symlink(root, join(folder, 'up'));
  await symlink(join(root, 'secret.txt'), join(folder, 'link.txt'));
  await symlink('offer.txt', join(folder, 'near.txt'));
  await mkdir(join(folder, 'folder.txt'));
});
afterAll(() => temporary.remove());

async function ruleFor(path: string): Promise<string> {
  const file = new CampaignFolder(folder).read(path, 'text');
  return isFault(file) ? file.rule : file.content.toString();
}

test('files of the folder and of folders in it', async () => {
  expect(await ruleFor('offer.txt')).toBe('Hello\n');
  expect(await ruleFor('./offer.txt')).toBe('Hello\n');
  expect(await ruleFor('inner/note.txt')).toBe('inside\n');
});

test.each([
  '../../secret.txt',
  'inner/../../../secret.txt',
  'inner/../offer.txt',
  './../spring-sale/offer.txt',
  '/etc/passwd',
  '/etc/passwd.txt',
  'C:\\secret.txt',
  'c:/secret.txt',
  '..\\..\\secret.txt',
  'inner//note.txt',
  './/etc/x.txt',
  '.',
  '..',
  '',
  'a\0.txt',
  'file:///etc/passwd',
])('%j leaves the folder', async (path) => {
  expect(await ruleFor(path)).toBe('SEC-606');
});

test.each(['link.txt', 'near.txt', 'up/secret.txt', 'up/campaigns/spring-sale/offer.txt'])(
  '%s goes through a link',
  async (path) => {
    expect(await ruleFor(path)).toBe('SEC-607');
  },
);

test.each([
  'missing.txt',
  'folder.txt',
  'offer.txt/x.txt',
  'offer.txt/inner/x.txt',
  `${'long/'.repeat(40)}x.txt`,
  `${'é'.repeat(200)}.txt`,
])('%s is no file', async (path) => {
  expect(await ruleFor(path)).toBe('REF-108');
});

test('a campaign file that is a link, and one that is no file, are refused', async () => {
  const linked = join(root, 'campaigns', 'linked');
  await mkdir(linked);
  await symlink(join(folder, 'campaign.yaml'), join(linked, 'campaign.yaml'));
  const workspace = await fixtureWorkspace(root);
  const { campaign, problems } = await loadCampaign({ folder: linked, workspace, root });
  expect(campaign).toBeUndefined();
  expect(problems).toMatchObject([{ rule: 'SEC-607', file: 'campaigns/linked/campaign.yaml' }]);
  await expect(loadCampaign({ file: join(root, 'nowhere.yaml'), workspace })).rejects.toMatchObject({
    code: 'VOL-101',
  });
  await expect(loadCampaign({ folder: join(folder, 'inner'), workspace })).rejects.toMatchObject({ code: 'VOL-101' });
});

test('campaigns are found in folders, sorted, but not through links, in hidden folders or in packages', async () => {
  const home = join(root, 'many');
  for (const place of ['b', 'a/deep', '.hidden', 'node_modules/x', 'both']) {
    await mkdir(join(home, place), { recursive: true });
    await writeFile(join(home, place, 'campaign.yaml'), validCampaign);
  }
  await writeFile(join(home, 'both', 'campaign.json'), '{}');
  await symlink(folder, join(home, 'linked'));
  await link(join(home, 'b', 'campaign.yaml'), join(home, 'a', 'campaign.yml'));
  expect(findCampaigns(home)).toEqual(
    ['a/campaign.yml', 'a/deep/campaign.yaml', 'b/campaign.yaml', 'both/campaign.yaml'].map((path) => join(home, path)),
  );
});
