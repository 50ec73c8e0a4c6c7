import { randomBytes } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedCampaign } from '../../definition/resolved';
import { recordEvents } from '../../ledger/events';
import { controlRun } from '../../operations/control';
import type { FlagPlatform } from '../../platforms/flags';
import { createUnleashFlags } from '../../platforms/unleash';
import { whyNoUnleashServer } from '../../workers/binaries/unleash-server';
import { describeWhen } from '../support/describe-when';
import { eventually } from '../support/eventually';
import { hour, testCheckpoint } from '../support/experiments';
import { gateStep, type Harness, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf, stepOf } from '../support/run-talk';
import { timeSkippingEnvironment } from '../support/temporal';
import { UnleashServer } from '../support/unleash-server';

describeWhen('Unleash', whyNoUnleashServer(), () => {
  const server = new UnleashServer();
  let flags: FlagPlatform;
  let environment: TestWorkflowEnvironment;
  let harness: Harness;

  beforeAll(() => server.start(), 90_000);
  afterAll(() => server.remove());

  beforeEach(async () => {
    flags = createUnleashFlags({
      platform: 'flags',
      config: {
        kind: 'unleash',
        url: server.url,
        token: server.adminToken,
        project: 'default',
        environment: 'development',
      },
      logger: { warn: () => undefined },
    });
    environment = await timeSkippingEnvironment();
    harness = await runHarness(environment, { deps: { flagsOf: () => flags } });
    await harness.importPeople(1);
  });

  afterEach(async () => {
    await harness?.close();
    await environment?.teardown();
  });

  function landing(flag: string): ResolvedCampaign {
    return testCampaign({
      metrics: [
        {
          name: 'conversion',
          role: 'success',
          kind: 'proportion',
          from: { events: 'converted' },
          window: hour,
          goodDirection: 'up',
        },
      ],
      steps: [
        gateStep(),
        {
          id: 'hero',
          kind: 'experiment',
          rollout: [
            { kind: 'wave', size: { share: 0.2 } },
            {
              kind: 'checkpoint',
              checkpoint: testCheckpoint({ after: { minRecipients: 400, timeout: 100 * hour } }),
            },
            { kind: 'wave', size: 'rest' },
          ],
          experiment: {
            platform: 'flags',
            flag,
            arms: [
              { name: 'a', share: 0.5 },
              { name: 'b', share: 0.5 },
            ],
            after: 'keep',
            goal: 'learn',
            method: 'always-valid',
            spending: { kind: 'obrien-fleming' },
            alpha: 0.05,
            alphaAbort: 0.01,
            power: 0.8,
            maxRecipients: 1_000,
            control: 'a',
            salt: flag,
            bandit: { floor: 0.05, minUnits: 100, minConversions: 40 },
          },
        },
      ],
    });
  }

  /** Visitors who see a variant each, and buy more often under b. */
  async function visitorsCome(flag: string, count: number): Promise<void> {
    const shown = new Date((await environment.currentTimeMs()) + hour);
    const bought = new Date(shown.getTime() + 60_000);
    await recordEvents(
      harness.database,
      Array.from({ length: count }, (_, n) => {
        const about = { unit: `visitor-${n}` };
        const arm = n % 2 === 0 ? 'a' : 'b';
        const buys = arm === 'b' ? n % 4 === 1 : n % 20 === 0;
        return [
          {
            source: 'shop',
            id: `seen-${n}`,
            kind: 'exposed' as const,
            about,
            exposure: { flag, arm },
            occurredAt: shown,
          },
          ...(buys
            ? [{ source: 'shop', id: `bought-${n}`, kind: 'converted' as const, about, occurredAt: bought }]
            : []),
        ];
      }).flat(),
    );
  }

  test('the better variant is promoted to everybody, and the server says so', async () => {
    const flag = `hero-${randomBytes(4).toString('hex')}`;
    await visitorsCome(flag, 600);
    await harness.withWorkers(async () => {
      const { runId } = await harness.launch(landing(flag));
      await decide(harness, runId, 'ana');
      const status = await resultOf(harness, runId);
      expect(status.decisions?.[0]).toMatchObject({ state: 'pass', winner: 'b', action: 'promote b' });
      expect(stepOf(status, 'hero')).toMatchObject({ state: 'done', detail: 'everybody gets b' });
      expect(await flags.read({ flag })).toEqual({ exists: true, enabled: true, exposure: 1, weights: { a: 0, b: 1 } });
    });
  }, 120_000);

  test('an aborted run leaves the flag switched off, and nothing is shown without an approval', async () => {
    const flag = `hero-${randomBytes(4).toString('hex')}`;
    await harness.withWorkers(async () => {
      const { runId } = await harness.launch(landing(flag));
      expect(await flags.read({ flag })).toMatchObject({ exists: false });
      await decide(harness, runId, 'ana');
      await eventually(async () => ((await flags.read({ flag })).enabled ? true : undefined), {
        what: 'the flag is shown',
      });
      expect(await flags.read({ flag })).toMatchObject({ exposure: 0.2, weights: { a: 0.5, b: 0.5 } });
      await controlRun(
        { client: environment.client, database: harness.database },
        { runId, verb: 'abort', by: 'luis', reason: 'wrong picture' },
      );
      const status = await resultOf(harness, runId);
      expect(status.phase).toBe('aborted');
      expect(await flags.read({ flag })).toMatchObject({ exists: true, enabled: false });
    });
  }, 120_000);
});
