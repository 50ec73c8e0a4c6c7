import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startGateway, type TestGateway } from '../support/gateway';
import { type GitServer, gitServer } from '../support/git-server';
import { campaignIn, repositoryOf, syncOnce, WorkingCopy } from '../support/git-sync';
import { type Harness, runHarness } from '../support/run-harness';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let server: GitServer;
let copy: WorkingCopy;
let harness: Harness;
let gateway: TestGateway;

beforeAll(async () => {
  environment = await localEnvironment();
  server = await gitServer();
  copy = WorkingCopy.of(server);
  harness = await runHarness(environment, { workspace: { repositories: repositoryOf(server) } });
  gateway = await startGateway(harness);
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
  copy?.remove();
  await server?.stop();
});

const look = (headers: Record<string, string> = {}, remoteAddress = '127.0.0.1') =>
  gateway.app.inject({ method: 'GET', url: '/console', headers, remoteAddress });

test('each campaign on its two axes, in the language of whoever looks, any text as text', async () => {
  expect((await look({ 'accept-language': 'es' })).body).toContain('Ninguna campaña se ha ejecutado');
  const hostile = '<script>alert(1)</script>';
  copy.commit({
    ...campaignIn('sale', { id: `sale-${harness.unique}` }),
    ...campaignIn('bad', { id: `bad-${harness.unique}`, more: `"${hostile}": 1\n` }),
  });
  await harness.withWorkers(() => syncOnce(harness));
  const { body, statusCode } = await look({ 'accept-language': 'en' });
  expect(statusCode).toBe(200);
  expect(body).toContain(`<h2>sale-${harness.unique}</h2>`);
  expect(body).toMatch(/the same<\/dd>/);
  expect(body).toMatch(/its file has errors<\/dd>/);
  expect(body).toContain('campaigns/bad/campaign.yaml');
  expect(body).not.toContain('<script>');
});

test('nobody from outside sees it, not even through a proxy, and nothing can be sent to it', async () => {
  expect((await look({}, '203.0.113.7')).statusCode).toBe(404);
  expect((await look({ 'x-forwarded-for': '127.0.0.1' })).statusCode).toBe(404);
  expect((await look({ forwarded: 'for=127.0.0.1' })).statusCode).toBe(404);
  expect((await gateway.app.inject({ method: 'POST', url: '/console', payload: {} })).statusCode).toBe(405);
});
