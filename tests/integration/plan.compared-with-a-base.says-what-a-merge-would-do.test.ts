import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ComparedPlan } from '../../definition/compared-plan';
import { findRun } from '../../ledger/runs';
import { ForgeDouble } from '../support/forge-double';
import { TestRepository } from '../support/repository';
import { type VerbStage, verbStage } from '../support/verb-stage';

const steps = `steps:
  - id: content
    gate: { approvers: [marketing], expires: 2d }
  - id: legal
    gate: { approvers: [ops], expires: 2d }
  - id: offer
    email: { template: offer.html, text: offer.txt, subject: Hello }
`;

let stage: VerbStage;
let repository: TestRepository;
let forge: ForgeDouble;
let base: string;
const runs = { running: '', leaving: '' };

beforeAll(async () => {
  stage = await verbStage();
  forge = await ForgeDouble.start('gitea');
  await stage.startWorkers();
  runs.running = await stage.launch('running', { people: 12, keys: steps });
  runs.leaving = await stage.launch('leaving', { people: 3 });
  await stage.writeCampaign('steady');
  await stage.importPeople('fresh', 4);
  for (const run of Object.values(runs)) await stage.untilPhase(run, 'gate');
  expect(await stage.cli('approve running --gate content --as ana -m go')).toMatchObject({ exitCode: 0 });
  await writeFile(join(stage.cwd, '.gitignore'), '.volante\npeople.csv\n');
  repository = new TestRepository(stage.cwd);
  repository.git('init', '--quiet', '--initial-branch', 'main');
  base = repository.commit('what runs');
}, 180_000);
afterAll(async () => {
  await forge?.close();
  await stage?.close();
});
beforeEach(() => repository.git('checkout', '--quiet', '-B', 'change', 'main'));
afterEach(() => {
  repository?.git('checkout', '--quiet', '--force', 'main');
  repository?.git('clean', '--quiet', '--force', '-d');
});

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(stage.cwd, 'campaigns', file);
  await writeFile(path, change(await readFile(path, 'utf8')));
}
const changeSubject = () =>
  edit('running/campaign.yaml', (text) => text.replace('subject: Hello', 'subject: "Ends | today"'));

async function changeEverything(): Promise<void> {
  await changeSubject();
  await edit('running/offer.txt', (text) => text.replace('Hello', 'Hello dear friend'));
  await rm(join(stage.cwd, 'campaigns', 'leaving'), { recursive: true });
  await stage.writeCampaign('fresh');
}

test('added, changed, removed, and what becomes of runs under way', async () => {
  await changeEverything();
  const head = repository.commit('everything');
  const first = await stage.cli('plan --base main --json');
  expect(first.exitCode).toBe(0);
  expect((await stage.cli('plan --base main --json')).stdout).toBe(first.stdout);
  expect((await stage.cli('plan --base main --format json')).stdout).toBe(first.stdout);
  const document = first.json<ComparedPlan>();
  expect(document).toMatchObject({ base: { name: 'main', commit: base }, head, unchanged: ['steady'] });
  expect(document.campaigns).toMatchObject([
    { id: 'fresh', relation: 'added' },
    { id: 'leaving', relation: 'removed', run: { runId: runs.leaving, phase: 'gate' } },
    { id: 'running', relation: 'changed', messages: [{ file: 'offer.txt', inserted: 2, deleted: 0 }] },
  ]);
  expect(document.plan?.campaigns).toMatchObject([
    { id: 'fresh', action: 'launch', audience: { targeted: 4, reachable: 4 } },
    { id: 'running', action: 'amend', amendment: { runId: runs.running, voids: ['content'] } },
  ]);
  expect((await stage.cli('plan --base main --detailed-exitcode')).exitCode).toBe(2);
  expect((await findRun(stage.harness.database, runs.leaving))?.phase).toBe('gate');
});

test('as Markdown: the reach of each first, then whom each rule reaches', async () => {
  await changeEverything();
  const { stdout } = await stage.cli('plan --base main --format markdown');
  expect(stdout).toMatch(/^\| `running` \| ~ amend \(gate\) \| 12 \(frozen\) \|/m);
  expect(stdout).toMatch(
    /^\| `fresh` \| \+ launch \| 4 of 4 \| ≤ 0.004 EUR \| once approved Europe\/Madrid \| 1 step \| ⚠ 1 \|$/m,
  );
  expect(stdout).toMatch(/^\| `leaving` \| − orphan \(gate\) \|/m);
  expect(stdout).toContain('- `steps.offer.email.subject`: `Hello` → `Ends | today`');
  expect(stdout).toContain('- words of `offer.txt`: +2 −0');
  expect(stdout).toMatch(/- `steps\.offer\.email\.subject` is `live`: counts once offer begins/);
  expect(stdout).toContain('- to be approved again: `content`');
  expect(stdout).toContain(`- orphaned: \`${runs.leaving}\` (\`gate\`) goes on, a removed file stops nothing`);
  expect(stdout).toContain('head with uncommitted changes');
});

test('a change that the run cannot take is refused, before anybody merges it', async () => {
  await edit('running/campaign.yaml', (text) =>
    text.replace('contact.world == "running"', 'contact.world != "running"'),
  );
  const { exitCode, stdout } = await stage.cli('plan --base main --format markdown');
  expect(exitCode).toBe(5);
  expect(stdout).toMatch(/^\| `running` \| ! refused \|/m);
  expect(stdout).toMatch(/- `audience\.where` is `fixed`: .*abort the run, or give the campaign another id/);
});

test('what main did meanwhile is no change of this branch', async () => {
  await changeSubject();
  repository.commit('subject');
  repository.git('checkout', '--quiet', '-B', 'elsewhere', 'main');
  await edit('steady/campaign.yaml', (text) => text.replace('name: Campaign steady', 'name: Other'));
  repository.commit('meanwhile');
  repository.git('checkout', '--quiet', 'change');
  const document = (await stage.cli('plan --base elsewhere --offline --json')).json<ComparedPlan>();
  expect(document.campaigns.map(({ id }) => id)).toEqual(['running']);
  expect(document.base).toEqual({ name: 'elsewhere', commit: base });
});

test('offline: no ledger, no run, no number', async () => {
  await changeEverything();
  const env = { DATABASE_URL: '', TEMPORAL_ADDRESS: '' };
  const said = await stage.cli('plan --base main --offline --format markdown', { env });
  expect(said.exitCode).toBe(0);
  expect(said.stdout).toMatch(/^\| `fresh` \| \+ added \| unknown \| unknown \|/m);
  expect(said.stdout).toMatch(/whether a run of it goes on is not known here/);
  const online = await stage.cli('plan --base main', { env });
  expect(online).toMatchObject({ exitCode: 7, stderr: expect.stringContaining('--offline') });
});

test('a broken file is named with its place, and the others are planned', async () => {
  await changeEverything();
  await edit('steady/campaign.yaml', (text) => text.replace('audience:', 'audiense:'));
  const { exitCode, stdout } = await stage.cli('plan --base main --format markdown');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^\| `steady` \| ! invalid \| – \| – \| – \| – \| ✖ 1 ⚠ 1 \|$/m);
  expect(stdout).toMatch(/- ✖ `[A-Z]+-\d+` .*\(`campaigns\/steady\/campaign\.yaml:\d+:\d+`\)/);
  expect(stdout).toMatch(/^\| `fresh` \| \+ launch \|/m);
});

test('named campaigns only', async () => {
  await changeEverything();
  const document = (await stage.cli('plan fresh steady --base main --json')).json<ComparedPlan>();
  expect(document.campaigns.map(({ id }) => id)).toEqual(['fresh']);
  expect(document.unchanged).toEqual(['steady']);
});

test.each([
  ['plan --base nothing', 3, /no commit "nothing"/],
  ['plan --base --output=x', 3, /no commit|missing/],
  ['plan --offline', 3, /--offline needs --base/],
  ['plan --comment', 3, /--comment needs --base/],
  ['plan --format markdown', 3, /--format needs --base/],
  ['plan --base main --format html', 3, /text, markdown, json/],
  ['plan --base main --offline --comment', 7, /VOLANTE_FORGE is not set/],
])('%s says what is wrong', async (words, exitCode, said) => {
  expect(await stage.cli(words)).toMatchObject({ exitCode, stderr: expect.stringMatching(said) });
});

describe('on a pull request', () => {
  const token = 'token-of-ana';
  let env: NodeJS.ProcessEnv;
  beforeEach(() => {
    forge.comments.splice(0);
    forge.statuses.splice(0);
    forge.misbehave = undefined;
    env = {
      VOLANTE_FORGE: 'gitea',
      VOLANTE_FORGE_URL: forge.address().url,
      VOLANTE_FORGE_REPOSITORY: 'shop/campaigns',
      VOLANTE_FORGE_TOKEN: token,
      VOLANTE_PULL_REQUEST: '7',
      VOLANTE_COMMIT: repository.git('rev-parse', 'HEAD'),
      VOLANTE_JOB_URL: 'https://ci.shop.example/jobs/1',
    };
  });
  const publish = (more: NodeJS.ProcessEnv = {}) =>
    stage.cli('plan --base main --comment --status', { env: { ...env, ...more } });

  test('one comment that follows the branch, and a status', async () => {
    await changeSubject();
    expect((await publish()).exitCode).toBe(0);
    expect(forge.comments[0]?.body).toMatch(/\| `running` \| ~ amend/);
    await stage.writeCampaign('fresh');
    expect((await publish()).exitCode).toBe(0);
    expect(forge.comments).toHaveLength(1);
    expect(forge.comments[0]?.body).toMatch(/\| `fresh` \| \+ launch/);
    expect(forge.statuses).toEqual([
      {
        commit: env.VOLANTE_COMMIT,
        context: 'volante/plan',
        state: 'success',
        description: expect.stringMatching(/^1 launch, 1 amend; \d+ messages a step$/),
        targetUrl: 'https://ci.shop.example/jobs/1',
      },
    ]);
  });

  test('what cannot be merged is a failure; what could not be planned, an error', async () => {
    await edit('running/campaign.yaml', (text) => text.replace('contact.world == "running"', 'contact.world == "all"'));
    expect((await publish()).exitCode).toBe(5);
    expect(forge.statuses).toMatchObject([{ state: 'failure', description: expect.stringContaining('1 refused') }]);
    expect(await publish({ DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' })).toMatchObject({ exitCode: 7 });
    expect(forge.statuses).toMatchObject([{ state: 'error', description: expect.stringMatching(/^no plan: /) }]);
    expect(forge.comments).toHaveLength(1);
  });

  test('a forge that does not take it: the plan is printed, the reason too, the token never', async () => {
    await changeSubject();
    forge.misbehave = (_request, response) => void response.writeHead(403).end(`{"message":"${token} may not"}`);
    const said = await publish();
    expect(said.exitCode).toBe(7);
    expect(said.stdout).toMatch(/running .*amend/);
    expect(said.stderr).toMatch(/refuses our key with 403/);
    expect(said.stdout + said.stderr).not.toContain(token);
  });
});
