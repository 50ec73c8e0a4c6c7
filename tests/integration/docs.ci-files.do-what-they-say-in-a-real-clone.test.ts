/** The files that people copy into their CI: each command runs, as its shell would run it, in a clone of a pushed branch. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { parse } from 'yaml';
import { environmentVariables } from '../../settings/environment';
import { packageRoot } from '../../settings/package-root';
import { volante } from '../support/command-line';
import { validWorkspace } from '../support/definition-fixture';
import { ForgeDouble } from '../support/forge-double';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database';
import { TestRepository } from '../support/repository';
import { temporaryFolder } from '../support/temporary-folder';

interface GitHubWorkflow {
  permissions: Record<string, string>;
  jobs: {
    plan: {
      steps: {
        name?: string;
        uses?: string;
        run?: string;
        with?: Record<string, unknown>;
        env?: Record<string, string>;
      }[];
    };
  };
}
interface GitLabFile {
  volante: { variables: Record<string, string>; script: string[] };
}

const root = packageRoot();
const read = (name: string) =>
  parse(readFileSync(join(root, 'docs', 'ci', name), 'utf8'), { maxAliasCount: 0 }) as unknown;
const github = read('github-actions.yml') as GitHubWorkflow;
const gitlab = read('gitlab-ci.yml') as GitLabFile;
/** What puts the program there; here it is there. */
const installs = ['npm ci', 'npm run build'];

const temporary = temporaryFolder('ci');
const clone = join(temporary.path, 'clone');
const summary = join(temporary.path, 'summary.md');
const secretKey = 'ab'.repeat(32);
const reader = `reader_${randomBytes(4).toString('hex')}`;
let database: FreshDatabase;
let databaseUrl: string;
let head: string;
let base: string;

beforeAll(async () => {
  expect(existsSync(join(root, 'dist', 'cli', 'main.js'))).toBe(true);
  database = await freshDatabase();
  await pushed();
  await importPeople();
  databaseUrl = await readersUrl();
}, 120_000);
afterAll(async () => {
  await asOwner(`drop owned by ${reader}; drop role ${reader}`);
  await database?.drop();
  temporary.remove();
});

/** A bare repository with `main` and a branch that changes a campaign, and a clone at the branch, as a job has it. */
async function pushed(): Promise<void> {
  const work = new TestRepository(join(temporary.path, 'work'));
  const campaign = join(work.folder, 'campaigns', 'hello', 'campaign.yaml');
  await mkdir(join(work.folder, 'campaigns', 'hello'), { recursive: true });
  await writeFile(join(work.folder, 'volante.yaml'), validWorkspace);
  await writeFile(join(work.folder, 'package.json'), '{"name":"campaigns","private":true}');
  await writeFile(join(work.folder, '.gitignore'), 'node_modules\n.volante\n');
  await writeFile(
    campaign,
    'id: hello\nname: Hello\nowner: ana\naudience: { from: contacts }\nschedule: { timezone: Europe/Madrid }\nsteps: [{ id: note, notify: { to: [ops], subject: Hi, message: Hi. } }]\n',
  );
  work.git('init', '--quiet', '--initial-branch', 'main');
  base = work.commit('main');
  work.git('checkout', '--quiet', '-b', 'change');
  await writeFile(campaign, (await readFile(campaign, 'utf8')).replace('name: Hello', 'name: Hello | @everyone'));
  head = work.commit('change');
  const bare = join(temporary.path, 'bare.git');
  work.git('clone', '--quiet', '--bare', work.folder, bare);
  work.git('clone', '--quiet', '--branch', 'change', `file://${bare}`, clone);
  await mkdir(join(clone, 'node_modules', '.bin'), { recursive: true });
  await symlink(join(root, 'bin', 'volante.mjs'), join(clone, 'node_modules', '.bin', 'volante'));
}

async function importPeople(): Promise<void> {
  const people = Array.from({ length: 6 }, (_, n) => `p${n}@people.example,granted,test,2026-01-01`);
  await writeFile(join(temporary.path, 'people.csv'), ['email,consent,consentSource,consentAt', ...people].join('\n'));
  const env = { DATABASE_URL: database.url, VOLANTE_SECRET_KEY: secretKey, VOLANTE_WORKSPACE: clone };
  expect(await volante(['contacts', 'import', 'people.csv'], { cwd: temporary.path, env })).toMatchObject({
    exitCode: 0,
  });
}

async function asOwner(statements: string): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(statements).finally(() => client.end());
}

/** A role that may read and nothing else, as the how-to promises is enough. */
async function readersUrl(): Promise<string> {
  await asOwner(`create role ${reader} login password 'reads'; grant select on all tables in schema public to ${reader};
    revoke create, temporary on database ${new URL(database.url).pathname.slice(1)} from public`);
  const url = new URL(database.url);
  url.username = reader;
  url.password = 'reads';
  return url.href;
}

function runCommand(command: string, env: NodeJS.ProcessEnv): Promise<{ status: number; said: string }> {
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-e', '-o', 'pipefail', '-c', command], {
      cwd: clone,
      env: { PATH: process.env.PATH, HOME: temporary.path, npm_config_offline: 'true', CI: 'true', ...env },
    });
    let said = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (part: Buffer) => (said += part.toString('utf8')));
    shell.once('error', reject);
    shell.once('close', (status) => resolve({ status: status ?? -1, said }));
  });
}

async function withForge(kind: ForgeDouble['kind'], work: (forge: ForgeDouble) => Promise<void>): Promise<void> {
  const forge = await ForgeDouble.start(kind);
  try {
    await work(forge);
  } finally {
    await forge.close();
  }
}

function expectPublished({ comments, statuses }: ForgeDouble): void {
  expect(comments).toHaveLength(1);
  expect(comments[0]?.body).toMatch(/^\| `hello` \| \+ launch \| 6 of 6 \|/m);
  expect(statuses).toMatchObject([{ commit: head, context: 'volante/plan', state: 'success' }]);
}

describe('GitHub Actions', () => {
  const { steps } = github.jobs.plan;
  const commands = steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
  const plan = steps.find(({ name }) => name === 'Plan');

  async function jobEnvironment(forge: ForgeDouble): Promise<NodeJS.ProcessEnv> {
    const event = join(temporary.path, 'event.json');
    await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: head } } }));
    return {
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: forge.address().url,
      GITHUB_SERVER_URL: 'https://forge.example',
      GITHUB_REPOSITORY: 'shop/campaigns',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_BASE_REF: 'main',
      GITHUB_SHA: '0'.repeat(40),
      GITHUB_RUN_ID: '42',
      GITHUB_EVENT_PATH: event,
      GITHUB_STEP_SUMMARY: summary,
    };
  }

  test('what is no plan only installs; the whole history is fetched; the token may do what it must', () => {
    expect(commands.filter((command) => command !== plan?.run)).toEqual(installs);
    expect(steps.find(({ uses }) => uses?.startsWith('actions/checkout@'))?.with).toMatchObject({ 'fetch-depth': 0 });
    expect(github.permissions).toMatchObject({ statuses: 'write', issues: 'write', 'pull-requests': 'write' });
    const known = environmentVariables.map(({ name }) => name);
    const given = Object.keys(plan?.env ?? {});
    expect(given.filter((name) => !known.includes(name))).toEqual(['GITHUB_TOKEN']);
  });

  test.each(['github', 'gitea'] as const)('the plan is on the pull request (%s)', (kind) =>
    withForge(kind, async (forge) => {
      const env = {
        ...(await jobEnvironment(forge)),
        ...(kind === 'gitea' && { GITEA_ACTIONS: 'true' }),
        DATABASE_URL: databaseUrl,
        VOLANTE_SECRET_KEY: secretKey,
        GITHUB_TOKEN: 'token-of-ana',
      };
      for (const _ of ['opened', 'pushed again'])
        expect(await runCommand(plan?.run ?? '', env)).toMatchObject({ status: 0 });
      expectPublished(forge);
      expect(forge.statuses[0]?.targetUrl).toBe('https://forge.example/shop/campaigns/actions/runs/42');
    }),
  );

  test('a pull request from a fork is planned without people, and nothing is written to the forge', () =>
    withForge('github', async (forge) => {
      const env = { ...(await jobEnvironment(forge)), DATABASE_URL: '', GITHUB_TOKEN: 'reads-only' };
      expect(await runCommand(plan?.run ?? '', env)).toMatchObject({ status: 0 });
      expect(await readFile(summary, 'utf8')).toMatch(/^\| `hello` \| ~ changed \| unknown \|/m);
      expect(forge.asked).toEqual([]);
    }));
});

describe('GitLab CI', () => {
  const { script, variables } = gitlab.volante;

  test('the plan is on the merge request', () =>
    withForge('gitlab', async (forge) => {
      expect(variables).toEqual({ GIT_DEPTH: '0' });
      expect(script.slice(0, -1)).toEqual(installs);
      const env = {
        GITLAB_CI: 'true',
        CI_API_V4_URL: forge.address().url,
        CI_PROJECT_PATH: 'shop/campaigns',
        CI_MERGE_REQUEST_IID: '7',
        CI_MERGE_REQUEST_DIFF_BASE_SHA: base,
        CI_COMMIT_SHA: head,
        CI_JOB_URL: 'https://forge.example/jobs/42',
        VOLANTE_FORGE_TOKEN: 'token-of-ana',
        DATABASE_URL: databaseUrl,
        VOLANTE_SECRET_KEY: secretKey,
      };
      expect(await runCommand(script.at(-1) ?? '', env)).toMatchObject({ status: 0 });
      expectPublished(forge);
    }));
});
