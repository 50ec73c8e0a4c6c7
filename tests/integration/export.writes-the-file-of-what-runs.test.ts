import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCampaign } from '../../definition/load-campaign';
import { loadWorkspace } from '../../definition/load-workspace';
import { findRun } from '../../ledger/runs';
import { eventually } from '../support/eventually';
import { type VerbStage, verbStage } from '../support/verb-stage';

let stage: VerbStage;

beforeAll(async () => {
  stage = await verbStage();
  await stage.startWorkers();
}, 120_000);
afterAll(() => stage?.close(), 60_000);

const cli: VerbStage['cli'] = (words, options) => stage.cli(words, options);
const folderOf = (id: string) => join(stage.cwd, 'campaigns', id);
const revisionOfRun = async (runId: string) => (await findRun(stage.harness.database, runId))?.revision;

async function loadedFrom(folder: string) {
  const { workspace } = await loadWorkspace(stage.cwd);
  if (!workspace) throw new Error('the workspace is wrong');
  return (await loadCampaign({ folder: join(stage.cwd, folder), workspace })).campaign;
}

interface Exported {
  files: string[];
  changes: { path: string; before?: unknown; after?: unknown }[];
  problems: { rule: string }[];
}

test('what was applied is written with its files and loads as the same revision, also when the file is gone', async () => {
  const runId = await stage.launch('pulled');
  await rm(folderOf('pulled'), { recursive: true });
  const said = await cli('export pulled --to pulled-here');
  expect(said).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Next: volante plan pulled-here') });
  expect((await readdir(join(stage.cwd, 'pulled-here'))).sort()).toEqual(['campaign.yaml', 'offer.html', 'offer.txt']);
  expect((await loadedFrom('pulled-here'))?.revision).toBe(await revisionOfRun(runId));

  const printed = await cli('export pulled');
  expect(printed.exitCode).toBe(0);
  expect(`${printed.stdout.trimEnd()}\n`).toBe(await readFile(join(stage.cwd, 'pulled-here', 'campaign.yaml'), 'utf8'));
  expect(await cli('plan pulled-here --detailed-exitcode')).toMatchObject({ exitCode: 0 });
});

test('files with another content are overwritten only when that is asked for', async () => {
  await stage.launch('careful');
  const target = join(folderOf('careful'), 'campaign.yaml');
  const own = await readFile(target, 'utf8');
  const refused = await cli('export careful --to campaigns/careful --json');
  expect(refused.exitCode).toBe(3);
  expect(refused.json<{ error: { message: string } }>()).toMatchObject({
    error: { code: 'VOL-102', message: expect.stringMatching(/campaign\.yaml/) },
  });
  expect(await readFile(target, 'utf8')).toBe(own);
  expect(await cli('export careful --to campaigns/careful --force')).toMatchObject({ exitCode: 0 });
  expect(await readFile(target, 'utf8')).not.toBe(own);
  expect(await cli('export careful --to campaigns/careful')).toMatchObject({ exitCode: 0 });
});

test('drift between the file and what runs is shown, and is told apart by its exit code', async () => {
  await stage.launch('drifting');
  expect(await cli('export drifting --diff --detailed-exitcode')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/says what/),
  });
  const file = join(folderOf('drifting'), 'campaign.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace('subject: Hello', 'subject: Hello again'));
  await appendFile(join(folderOf('drifting'), 'offer.txt'), 'P.S.\n');
  const said = await cli('export drifting --diff --json --detailed-exitcode');
  expect(said.exitCode).toBe(2);
  expect(said.json<Exported>().changes).toMatchObject([
    { path: 'steps.offer.email.subject', before: 'Hello', after: 'Hello again' },
    { path: 'steps.offer.email.text.sha256' },
  ]);
  expect(await cli('export drifting --diff')).toMatchObject({
    exitCode: 0,
    stdout: expect.stringContaining('~ steps.offer.email.subject: Hello → Hello again'),
  });
  await writeFile(file, 'id: drifting\n');
  expect(await cli('export drifting --diff')).toMatchObject({ exitCode: 3 });
  await rm(folderOf('drifting'), { recursive: true });
  expect(await cli('export drifting --diff --detailed-exitcode')).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/orphan/),
  });
  expect(await cli('export nobody')).toMatchObject({ exitCode: 3 });
});

test('after an amendment the run goes by what no file says: it is written with both contents of one name', async () => {
  const steps = (subject: string) => `steps:
  - id: content
    gate: { approvers: [marketing, ops] }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: Hello }
  - id: again
    gate: { approvers: [marketing, ops] }
  - id: last
    email: { template: offer.html, text: offer.txt, subject: ${subject} }`;
  const runId = await stage.launch('amended', { keys: steps('Bye') });
  const stateOf = async (step: string) =>
    (await cli('status amended --json'))
      .json<{ live?: { gates: { gate: string; state: string }[]; steps: { id: string; state: string }[] } }>()
      .live?.gates.find(({ gate }) => gate === step)?.state;
  await eventually(async () => (await stateOf('content')) === 'open');
  expect(await cli('approve amended --as ana')).toMatchObject({ exitCode: 0 });
  await eventually(async () => (await stateOf('again')) === 'open', { timeoutMs: 30_000 });

  await stage.writeCampaign('amended', steps('Farewell'));
  await appendFile(join(folderOf('amended'), 'offer.html'), '<!-- other -->\n');
  expect(await cli('apply amended --as luis --yes')).toMatchObject({ exitCode: 0 });
  const own = (await loadedFrom('campaigns/amended'))?.revision;
  await eventually(async () => (await cli('export amended --json')).json<Exported>().files.length > 3);
  expect(await revisionOfRun(runId)).not.toBe(own);

  const said = await cli('export amended --to amended-here --json');
  expect(said).toMatchObject({ exitCode: 0 });
  const kept = said.json<Exported>().files.filter((path) => /^[0-9a-f]{12}\/offer\.html$/.test(path));
  expect(kept).toHaveLength(1);
  expect(said.json<Exported>()).toMatchObject({ changes: [], problems: [] });
  const loaded = await loadedFrom('amended-here');
  expect(loaded?.revision).toBe(await revisionOfRun(runId));
  expect(await readFile(join(stage.cwd, 'amended-here', kept[0] ?? ''), 'utf8')).not.toMatch(/other/);
  expect(await readFile(join(stage.cwd, 'amended-here', 'offer.html'), 'utf8')).toMatch(/other/);
}, 90_000);

test('what volante.yaml no longer says is named, and the file is written all the same', async () => {
  await stage.launch('moved');
  const file = join(stage.cwd, 'volante.yaml');
  const text = await readFile(file, 'utf8');
  try {
    await writeFile(file, text.replace('name: Shop,', 'name: Market,'));
    const renamed = await cli('export moved --to moved-here --json');
    expect(renamed.exitCode).toBe(8);
    expect(renamed.json<Exported>().changes).toMatchObject([
      { path: 'steps.offer.email.sender.name', before: 'Shop', after: 'Market' },
    ]);
    await writeFile(file, text.replace('luis:', 'lola:'));
    const gone = await cli('export moved --json');
    expect(gone.exitCode).toBe(8);
    expect(gone.json<Exported>().problems).toMatchObject([{ rule: 'REF-104' }]);
  } finally {
    await writeFile(file, text);
  }
});
