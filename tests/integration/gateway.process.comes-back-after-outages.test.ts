import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { revisionOf } from '../../definition/revision';
import { launch } from '../../operations/launch';
import { packageRoot } from '../../settings/package-root';
import { freePort } from '../../workers/binaries/free-port';
import { endWithUs } from '../support/end-with-us';
import { eventually } from '../support/eventually';
import { hiddenFields, linkIn, Visitor } from '../support/gateway';
import { gateStep, testCampaign } from '../support/run-harness';
import { type SmtpSink, smtpSink } from '../support/smtp-sink';
import { Stage, stageSecretKey } from '../support/stage';
import { temporaryFolder } from '../support/temporary-folder';

const home = temporaryFolder('gateway');
const workspaceFile = join(home.path, 'volante.yaml');
const patience = { timeoutMs: 60_000 };
let sink: SmtpSink;
let stage: Stage;
let gateway: ChildProcess;
let url: string;
let visitor: Visitor;
let page: string;
let runId: string;

beforeAll(async () => {
  const program = join(packageRoot(), 'dist', 'workers', 'gateway.js');
  if (!existsSync(program)) throw new Error(`${program} is not there: run \`npm run build\` first`);
  copyFileSync(join(packageRoot(), 'volante.yaml'), workspaceFile);
  sink = await smtpSink();
  stage = await Stage.open({ smtpUrl: sink.url, connections: 2 });
  await stage.startWorker();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const log = openSync(join(home.path, 'gateway.log'), 'a');
  gateway = spawn(process.execPath, [program], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      TEMPORAL_ADDRESS: stage.temporalAddress,
      DATABASE_URL: stage.databaseUrl,
      VOLANTE_GATEWAY_URL: url,
      VOLANTE_SECRET_KEY: stageSecretKey,
      VOLANTE_WORKSPACE: home.path,
      VOLANTE_DATA_DIR: home.path,
      GATEWAY_PORT: String(port),
    },
  });
  const release = endWithUs(gateway.pid ?? 0);
  gateway.once('exit', release);
  await eventually(async () => (await fetch(`${url}/healthz`)).ok, { ...patience, what: 'gateway is ready' });

  const campaign = testCampaign({ steps: [gateStep()] });
  ({ runId } = await launch(
    { client: stage.client, database: stage.database },
    {
      campaign,
      revision: revisionOf(campaign),
      files: [],
      planHash: 'a'.repeat(64),
      environment: 'stage',
      by: 'luis',
      targeted: 0,
    },
  ));
  const link = await eventually(
    () =>
      linkIn(
        sink.messages.find(({ to }) => to.includes('ana@shop.example')),
        'a',
      ),
    patience,
  );
  visitor = new Visitor();
  page = (await visitor.open(link.replace(new URL(link).origin, url))).url;
}, 180_000);

afterAll(async () => {
  gateway?.kill('SIGKILL');
  await stage?.close();
  await sink?.stop();
  home.remove();
}, 60_000);

const isOpen = async () => {
  const answer = await visitor.get(page);
  return answer.status === 200 && answer.body.includes('<form') && answer;
};

test('a database that was killed and came back is found again', async () => {
  expect(await isOpen()).toBeTruthy();
  await stage.restartDatabase('kill');
  await eventually(isOpen, { ...patience, what: 'the page is back' });
  expect((await visitor.get(`${url}/healthz`)).body).toBe('ok\n');
}, 120_000);

test('a Temporal server that was killed and came back is found again', async () => {
  await stage.restartTemporal('SIGKILL');
  await eventually(isOpen, { ...patience, what: 'the page is back' });
}, 120_000);

test('who loses the role in volante.yaml has lost it at once, without a restart; a broken file lets nobody decide', async () => {
  const written = readFileSync(workspaceFile, 'utf8');
  const fields = { ...hiddenFields((await visitor.get(page)).body), verdict: 'approve' };
  expect(fields).toHaveProperty('formToken');
  writeFileSync(workspaceFile, written.replace('roles: [marketing], locale: es', 'roles: [ops], locale: es'));
  const refused = await visitor.post(page, fields);
  expect(refused.status).toBe(403);
  expect(refused.body).toContain('Aquí no decides tú');
  writeFileSync(workspaceFile, `${written}\nnonsense: true\n`);
  expect((await visitor.post(page, fields)).status).toBe(500);
  writeFileSync(workspaceFile, written);
  expect((await visitor.post(page, fields)).status).toBe(303);
  const result = await stage.client.workflow.getHandle(runId).result();
  expect(result).toMatchObject({ phase: 'done', gates: [{ decisions: [{ by: 'ana', via: 'page' }] }] });
}, 60_000);

test('told to stop, it ends by itself, although browsers keep their connections', async () => {
  expect((await visitor.get(`${url}/healthz`)).status).toBe(200);
  const ended = new Promise<number | null>((resolve) => {
    gateway.once('exit', (code) => resolve(code));
  });
  gateway.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(readFileSync(join(home.path, 'gateway.log'), 'utf8')).toContain('gateway is stopping');
}, 30_000);
