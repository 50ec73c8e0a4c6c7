import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { acceptCommit, findSyncRepository } from '../../ledger/sync/repositories';
import { ForgeDouble } from '../support/forge-double';
import { type GitServer, gitServer } from '../support/git-server';
import { campaignIn, repositoryOf, syncOnce, WorkingCopy } from '../support/git-sync';
import { type Harness, runHarness } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let server: GitServer;
let copy: WorkingCopy;
let harness: Harness;
let forge: ForgeDouble;

beforeAll(async () => {
  environment = await localEnvironment();
  server = await gitServer();
  copy = WorkingCopy.of(server);
  forge = await ForgeDouble.start('gitea');
  const { kind, url, repository, token } = forge.address();
  harness = await runHarness(environment, {
    workspace: { repositories: repositoryOf(server, { forge: { kind, url, repository, token } }) },
  });
}, 120_000);

afterAll(async () => {
  await harness?.close();
  await forge?.close();
  await environment?.teardown();
  copy?.remove();
  await server?.stop();
}, 60_000);

const context = 'volante/sync/test';
const shown = (commit: string) => forge.statuses.filter((status) => status.commit === commit);

test('a commit shows whether it runs; a bad file by its name; one that waits for a word that it waits; nothing twice', async () => {
  await harness.withWorkers(async () => {
    const good = copy.commit({ ...campaignIn('sale', { id: 'sale' }), ...campaignIn('news', { id: 'news' }) });
    await syncOnce(harness);
    await syncOnce(harness);
    expect(shown(good)).toMatchObject([{ context, state: 'success', description: '2 applied' }]);

    const bad = copy.commit(campaignIn('sale', { id: 'sale', more: 'colour: red\n' }));
    await syncOnce(harness);
    await syncOnce(harness);
    expect(shown(bad)).toMatchObject([{ context, state: 'failure', description: '1 invalid, 1 applied: sale' }]);

    const emptied = copy.commit({ 'campaigns/sale': undefined });
    await syncOnce(harness);
    await syncOnce(harness);
    expect(shown(emptied)).toMatchObject([
      { context, state: 'pending', description: 'waits for a word: the commit takes away 1 of 2 campaigns' },
    ]);
    await acceptCommit(harness.database, { repository: 'shop', commit: emptied });
    await syncOnce(harness);
    expect(shown(emptied).at(-1)).toMatchObject({ state: 'success', description: '1 applied, 1 without a file' });
  });
});

test('a forge that is away keeps no campaign back; what it shows then is told as soon as it is there', async () => {
  await harness.withWorkers(async () => {
    forge.misbehave = (_request, response) => response.writeHead(503).end('{"message":"down"}');
    const commit = copy.commit(campaignIn('gift', { id: 'gift' }));
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', applied: 1 });
    expect(shown(commit)).toEqual([]);
    expect((await findSyncRepository(harness.database, 'shop'))?.statusTrouble).toMatch(/gitea/);
    forge.misbehave = undefined;
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'unchanged' });
    expect(shown(commit)).toMatchObject([{ state: 'success', description: '2 applied, 1 without a file' }]);
    expect((await findSyncRepository(harness.database, 'shop'))?.statusTrouble).toBeNull();
  });
});
