import { randomBytes } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { ResolvedCampaign } from '../../definition/resolved';
import { readDecisions } from '../../ledger/decisions';
import { recordEvents } from '../../ledger/events';
import { findRun } from '../../ledger/runs';
import { gatherMeasured } from '../../measured/run-measured';
import { controlRun } from '../../operations/control';
import type { FlagPlatform } from '../../platforms/flags';
import { createUnleashFlags } from '../../platforms/unleash';
import { renderDecisionText } from '../../reports/measured-text';
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

  test('what the flag server has counted is shown beside the decision, by arm, and decides nothing', async () => {
    const flag = `hero-${randomBytes(4).toString('hex')}`;
    const button = `${flag}-order`;
    await server.admin('POST', 'projects/default/features', { name: button, type: 'release' });
    const observed = { role: 'observe', kind: 'count', window: 0, goodDirection: 'up' } as const;
    const steps = ['hero'];
    const campaign = landing(flag);
    campaign.metrics?.push(
      { ...observed, steps, name: 'shown', from: { platform: 'flags' } },
      { ...observed, steps, name: 'orders', from: { platform: 'flags', flag: button } },
      { ...observed, steps, name: 'nothing', from: { platform: 'flags', flag: 'nobody-asks-for-it' } },
    );
    await visitorsCome(flag, 600);
    await harness.withWorkers(async () => {
      const { runId } = await harness.launch(campaign);
      await decide(harness, runId, 'ana');
      await eventually(async () => (await flags.read({ flag })).enabled, { what: 'the flag is shown' });
      const since = new Date();
      await eventually(
        async () => {
          await server.report({ [flag]: { a: 80, b: 60 }, [button]: { a: 160, b: 30, other: 7 } }, since);
          const [own, second] = [flag, button].map((each) => flags.countEvaluations({ flag: each, since }));
          return (await own)?.a !== undefined && (await second)?.a !== undefined;
        },
        { what: 'the server has kept what pages report', timeoutMs: 40_000 },
      );
      await server.report({ [flag]: { last: 1 } }, since);
      await eventually(async () => (await flags.countEvaluations({ flag, since })).last, {
        what: 'nothing reported before is still on its way',
      });
      const status = await resultOf(harness, runId);
      expect(status.decisions?.[0]).toMatchObject({ state: 'pass', winner: 'b' });
      const run = await findRun(harness.database, runId);
      const [decision] = await readDecisions(harness.database, run?.no ?? 0);
      const seen = (metric: string) => (decision?.judgement.verdicts ?? []).filter((one) => one.metric === metric);
      for (const { verdict, role } of ['shown', 'orders', 'nothing'].flatMap(seen))
        expect({ verdict, role }).toEqual({ verdict: 'recorded', role: 'observe' });
      expect(seen('shown').map(({ arm }) => arm)).toEqual(['a', 'b']);
      const value = (metric: string, arm: string) => seen(metric).find((one) => one.arm === arm)?.armValue ?? 0;
      expect(value('shown', 'a') / value('shown', 'b')).toBeCloseTo(80 / 60, 10);
      expect(value('orders', 'a') / value('shown', 'a')).toBeCloseTo(2, 10);
      expect(seen('orders')[1]?.reason).toContain(`evaluations of ${button}`);
      expect(seen('orders')[1]?.reason).toContain("0.5 for each of the experiment's own flag");
      expect(seen('nothing')[0]?.reason).toContain('no page has reported an arm of nobody-asks-for-it');
      const shown = run && (await gatherMeasured(harness.database, run, new Date())).decisions[0];
      expect(shown && renderDecisionText(shown)).toContain(`observe orders, b ${value('orders', 'b')} (n –)`);
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
