import { createHash } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { simpleParser } from 'mailparser';
import type { ResolvedCampaign } from '../../definition/resolved';
import { startGateway, type TestGateway, Visitor } from '../support/gateway';
import { emailStep, gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, openGate, resultOf } from '../support/run-talk';
import { quiet, startSlowly, withEmail } from '../support/slow-runs';
import { localEnvironment } from '../support/temporal';

let environment: TestWorkflowEnvironment;
let harness: Harness;
let gateway: TestGateway;

beforeAll(async () => {
  environment = await localEnvironment();
  harness = await runHarness(environment);
  gateway = await startGateway(harness);
});

afterAll(async () => {
  await gateway?.close();
  await harness?.close();
  await environment?.teardown();
});

const templateTo = (path: string) => {
  const content = Buffer.from(
    `<html lang="es"><head><title>Oferta</title></head><body><p><a href="https://shop.example/${path}">Oferta</a></p></body></html>`,
  );
  return {
    file: { path: 'linked.html', content },
    template: {
      path: 'linked.html',
      sha256: createHash('sha256').update(content).digest('hex'),
      format: 'html' as const,
    },
  };
};

test('who was mailed before a file changed the links is led where that message said, who was mailed after where the new one says', async () => {
  const people = 200;
  const [before, after] = [templateTo('before'), templateTo('after')];
  const base: ResolvedCampaign = testCampaign({
    steps: [gateStep(), emailStep()],
    tracking: { clicks: true, opens: false },
  });
  await harness.withWorkers(async () => {
    const runId = await startSlowly(harness, withEmail(base, { template: before.template }), people, [before.file]);
    await harness.apply(withEmail(base, { template: after.template }), { by: 'luis', files: [after.file] });
    const early = await quiet(harness);
    await openGate(harness, runId);
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);

    const mail = harness.customerMail();
    expect(mail).toHaveLength(people);
    const follow = async (index: number) => {
      const { html } = await simpleParser(mail[index]?.raw ?? '');
      const [, link = ''] = /href="([^"]+\/c\/[^"]+)"/.exec(html || '') ?? [];
      return (await new Visitor().get(link)).headers.get('location');
    };
    for (const index of [0, early - 1]) expect(await follow(index)).toBe('https://shop.example/before');
    for (const index of [early, people - 1]) expect(await follow(index)).toBe('https://shop.example/after');
  });
});
