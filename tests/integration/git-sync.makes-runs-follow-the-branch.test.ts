import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { readFacts } from '../../ledger/audit';
import { listRuns } from '../../ledger/runs';
import { readSyncCampaigns } from '../../ledger/sync/campaigns';
import { acceptCommit, findSyncRepository } from '../../ledger/sync/repositories';
import { endSuspension, suspend } from '../../ledger/sync/suspensions';
import { askStatus } from '../../operations/decide';
import { type GitServer, gitServer } from '../support/git-server';
import { campaignIn, repositoryOf, syncOnce, syncStates, WorkingCopy } from '../support/git-sync';
import { type Harness, runHarness } from '../support/run-harness';
import { decide, openGate, resultOf, stepOf } from '../support/run-talk';
import { localEnvironment } from '../support/temporal';

/** Of one commit; VOLANTE_SYNC_CAMPAIGNS=200 is the long form. */
const campaigns = Number(process.env.VOLANTE_SYNC_CAMPAIGNS ?? 60);
let environment: TestWorkflowEnvironment;
let server: GitServer;
let copy: WorkingCopy;
let harness: Harness;

beforeEach(async () => {
  environment = await localEnvironment();
  server = await gitServer();
  copy = WorkingCopy.of(server);
});

afterEach(async () => {
  await harness?.close();
  await environment?.teardown();
  copy?.remove();
  await server?.stop();
});

async function open(more: Parameters<typeof repositoryOf>[1] = {}): Promise<void> {
  harness = await runHarness(environment, { workspace: { repositories: repositoryOf(server, more) } });
}

const idOf = (name: string) => `${name}-${harness.unique}`;
const runIds = async () => (await listRuns(harness.database)).map(({ campaignId }) => campaignId).sort();

test('a commit is a running run, the same commit again is nothing, and the next commit amends it', async () => {
  await open();
  await harness.importPeople(20);
  const commit = copy.commit(campaignIn('sale', { id: idOf('sale') }), 'launch', { email: 'ana@shop.example' });
  await harness.withWorkers(async () => {
    expect(await syncOnce(harness)).toEqual({ outcome: 'synced', commit, applied: 1 });
    expect(await syncStates(harness)).toEqual(['sale applied']);
    const [run] = await listRuns(harness.database);
    expect(run).toMatchObject({ campaignId: idOf('sale'), appliedBy: 'ana' });
    const runId = run?.runId ?? '';
    const [applied] = (await readFacts(harness.database, runId)).filter(({ action }) => action === 'plan.applied');
    expect(applied?.detail).toMatchObject({ gitCommit: commit });

    const requests = server.requests();
    expect(await syncOnce(harness)).toEqual({ outcome: 'unchanged', commit });
    expect(server.requests() - requests).toBeLessThanOrEqual(2);

    await openGate(harness, runId);
    await expect(decide(harness, runId, 'ana')).rejects.toMatchObject({ code: 'VOL-300' });
    const next = copy.commit(campaignIn('sale', { id: idOf('sale'), subject: 'Ultimas horas' }));
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', commit: next, applied: 1 });
    expect(await askStatus(environment.client, runId)).toMatchObject({ amendments: 1 });
    await decide(harness, runId, 'bea');
    expect(stepOf(await resultOf(harness, runId), 'offer').books).toMatchObject({ sent: 20 });
    expect(harness.customerMail().every(({ raw }) => raw.includes('Subject: Ultimas horas'))).toBe(true);

    // Its run is over: a mended word sends nothing again.
    copy.commit(campaignIn('sale', { id: idOf('sale'), subject: 'Ultimas horas!' }));
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'in-part', applied: 0 });
    expect(await syncStates(harness)).toEqual(['sale over']);
    expect(await runIds()).toEqual([idOf('sale')]);
  });
  expect(harness.customerMail()).toHaveLength(20);
});

test('one bad file, one id twice and one hostile tree keep no good campaign back', async () => {
  await open();
  copy.commit({
    ...campaignIn('a-good', { id: idOf('good') }),
    ...campaignIn('b-bad', { id: idOf('bad'), more: 'colour: red\n' }),
    ...campaignIn('c-twin', { id: idOf('good') }),
    'campaigns/d-broken/campaign.yaml': 'id: [',
    'elsewhere/campaign.yaml': 'id: not-read',
  });
  await harness.withWorkers(async () => {
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'in-part', applied: 1 });
  });
  expect(await syncStates(harness)).toEqual(['a-good applied', 'b-bad invalid', 'c-twin invalid', 'd-broken invalid']);
  const rows = await readSyncCampaigns(harness.database, 'shop');
  expect(rows[1]?.problems[0]).toMatchObject({ file: 'campaigns/b-bad/campaign.yaml', line: 6 });
  expect(rows[2]?.problems.find(({ rule }) => rule === 'DEF-012')?.message).toContain('campaigns/a-good');
  expect(await runIds()).toEqual([idOf('good')]);
});

test('a file that is gone stops nothing; its approvers are asked where the workspace says so, and their yes undoes it', async () => {
  await open({ onRemoval: 'ask' });
  await harness.importPeople(10);
  const others = Object.assign({}, ...[1, 2, 3, 4, 5].map((n) => campaignIn(`other-${n}`, { id: idOf(`other-${n}`) })));
  copy.commit({ ...others, ...campaignIn('sale', { id: idOf('sale') }) });
  await harness.withWorkers(async () => {
    await syncOnce(harness);
    const run = (await listRuns(harness.database)).find(({ campaignId }) => campaignId === idOf('sale'));
    const runId = run?.runId ?? '';
    await openGate(harness, runId);
    copy.commit({ 'campaigns/sale': undefined });
    await syncOnce(harness);
    expect(await syncStates(harness)).toContain('sale orphaned');
    expect((await askStatus(environment.client, runId)).phase).toBe('gate');
    await decide(harness, runId, 'ana', { gate: 'prune' });
    expect(await resultOf(harness, runId)).toMatchObject({ phase: 'aborted' });
    copy.commit({ 'README.md': 'changed' });
    await syncOnce(harness);
    expect(await syncStates(harness)).not.toContain('sale orphaned');
  });
  expect(harness.customerMail()).toHaveLength(0);
});

test('a rewritten branch, and a commit that takes away too much, wait for a word', async () => {
  await open();
  const five = Object.assign({}, ...[1, 2, 3, 4, 5].map((n) => campaignIn(`c${n}`, { id: idOf(`c${n}`) })));
  const first = copy.commit(five);
  await harness.withWorkers(async () => {
    await syncOnce(harness);
    const removing = copy.commit({ 'campaigns/c1': undefined, 'campaigns/c2': undefined });
    expect(await syncOnce(harness)).toEqual({
      outcome: 'blocked',
      commit: removing,
      reason: 'the commit takes away 2 of 5 campaigns',
    });
    expect(await findSyncRepository(harness.database, 'shop')).toMatchObject({
      state: 'blocked',
      appliedCommit: first,
    });
    await acceptCommit(harness.database, { repository: 'shop', commit: removing });
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', commit: removing });

    copy.git('checkout', '--quiet', '--orphan', 'again');
    const rewritten = copy.commit(campaignIn('c9', { id: idOf('c9') }), 'rewritten');
    expect(await syncOnce(harness)).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringMatching(/was rewritten/),
    });
    expect(await runIds()).toHaveLength(5);
    await acceptCommit(harness.database, { repository: 'shop', commit: rewritten });
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', applied: 1 });
    expect(await runIds()).toHaveLength(6);
  });
});

test('a suspended campaign is above git until its time is over; then git decides again', async () => {
  await open();
  const now = new Date();
  const until = new Date(now.getTime() + 3600_000);
  await suspend(harness.database, { campaignId: idOf('sale'), by: 'luis', reason: 'stock is short', until, now });
  copy.commit(campaignIn('sale', { id: idOf('sale') }));
  await harness.withWorkers(async () => {
    await syncOnce(harness);
    expect(await syncStates(harness)).toEqual(['sale suspended']);
    expect(await runIds()).toEqual([]);
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'unchanged' });
    await endSuspension(harness.database, { campaignId: idOf('sale'), by: 'luis', now: new Date() });
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', applied: 1 });
    expect(await syncStates(harness)).toEqual(['sale applied']);
    expect(await runIds()).toEqual([idOf('sale')]);
  });
});

test('what a run cannot take is refused with the reason; a revert to what runs is as applied', async () => {
  await open();
  const files = campaignIn('sale', { id: idOf('sale') });
  copy.commit(files);
  await harness.withWorkers(async () => {
    await syncOnce(harness);
    await openGate(harness, (await listRuns(harness.database))[0]?.runId ?? '');
    copy.commit(campaignIn('sale', { id: idOf('sale'), more: '' }));
    copy.commit({
      'campaigns/sale/campaign.yaml': files['campaigns/sale/campaign.yaml']?.replace(
        'from: contacts',
        'from: contacts, holdout: 20%',
      ),
    });
    await syncOnce(harness);
    const [row] = await readSyncCampaigns(harness.database, 'shop');
    expect(row).toMatchObject({ state: 'refused', detail: expect.stringMatching(/audience\.holdout/) });
    copy.commit(files);
    await syncOnce(harness);
    expect(await syncStates(harness)).toEqual(['sale applied']);
  });
});

test(`${campaigns} campaigns of one commit start as many runs, each once`, async () => {
  await open();
  const names = Array.from({ length: campaigns }, (_, n) => `c${String(n).padStart(3, '0')}`);
  copy.commit(Object.assign({}, ...names.map((name) => campaignIn(name, { id: idOf(name) }))));
  await harness.withWorkers(async () => {
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', applied: campaigns });
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'unchanged' });
  });
  const { rows } = await harness.database.query<{ runs: number; campaigns: number }>(
    'select count(*)::int as runs, count(distinct campaign_id)::int as campaigns from runs',
  );
  expect(rows).toEqual([{ runs: campaigns, campaigns }]);
});

test('only commits that somebody trusted has signed are applied', async () => {
  const key = join(copy.folder, '.git', 'id_test');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'luis', '-f', key]);
  const allowed = `luis@shop.example ${readFileSync(`${key}.pub`, 'utf8').trim()}`;
  await open({ signatures: { of: 'commit', allowedSigners: [allowed] } });
  await harness.withWorkers(async () => {
    copy.commit(campaignIn('sale', { id: idOf('sale') }));
    expect(await syncOnce(harness)).toMatchObject({
      outcome: 'blocked',
      reason: expect.stringMatching(/no good signature/),
    });
    expect(await runIds()).toEqual([]);
    copy.commit({ 'README.md': 'signed' }, 'signed', { signingKey: key });
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', applied: 1 });
  });
});

test('where a tag must be signed, an unsigned commit under a signed tag is applied', async () => {
  const key = join(copy.folder, '.git', 'id_test');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'luis', '-f', key]);
  const allowed = `luis@shop.example ${readFileSync(`${key}.pub`, 'utf8').trim()}`;
  await open({ signatures: { of: 'tag', allowedSigners: [allowed] } });
  await harness.withWorkers(async () => {
    const commit = copy.commit(campaignIn('sale', { id: idOf('sale') }));
    copy.git('tag', 'light');
    copy.git('push', '--quiet', 'origin', 'light');
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'blocked', reason: expect.stringMatching(/no tag with/) });
    const identity = ['-c', 'user.name=Luis', '-c', 'user.email=luis@shop.example'];
    copy.git(...identity, '-c', 'gpg.format=ssh', '-c', `user.signingkey=${key}`, 'tag', '-s', '-m', 'go', 'release-1');
    copy.git('push', '--quiet', 'origin', 'release-1');
    expect(await syncOnce(harness)).toMatchObject({ outcome: 'synced', commit, applied: 1 });
  });
});
