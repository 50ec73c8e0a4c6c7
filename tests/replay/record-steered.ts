/** Histories of runs that are steered from outside: by a forecast, by a flag server, by git itself. */

import { createMedusaStoreCredit } from '../../platforms/medusa';
import { FlagDouble } from '../../workers/simulation/flag-double';
import { day, hour, testCheckpoint } from '../support/experiments';
import { gitServer } from '../support/git-server';
import { campaignIn, repositoryOf, syncOnce, WorkingCopy } from '../support/git-sync';
import { MedusaDouble } from '../support/medusa-double';
import { emailStep, gateStep, runHarness, testCampaign } from '../support/run-harness';
import { decide, resultOf } from '../support/run-talk';
import { payOneCredit } from './record-books';
import type { Scenario } from './scenario';

export const steeredScenarios: Record<string, Scenario> = {
  async forecast({ harness, environment }) {
    const by = new Date((await environment.currentTimeMs()) + 10 * day).toISOString();
    const cap = { currency: 'EUR', micros: 500_000_000 };
    const revenue = { name: 'revenue', role: 'success', kind: 'mean', from: { events: 'revenue' } } as const;
    const { runId } = await harness.launch(
      testCampaign({
        metrics: [{ ...revenue, window: 4 * day, goodDirection: 'up', cap }],
        objectives: [{ id: 'sales', metric: 'revenue', target: 24_000_000_000, currency: 'EUR', by }],
        steps: [
          gateStep(),
          emailStep(),
          {
            id: 'review',
            kind: 'checkpoint',
            checkpoint: {
              after: { minTime: 2 * day, timeout: 30 * day },
              when: { forecast: 'sales', below: 0.4 },
              then: { do: 'abort' },
              error: { do: 'abort' },
              hold: testCheckpoint().hold,
            },
          },
        ],
      }),
    );
    await decide(harness, runId, 'ana');
    await resultOf(harness, runId);
    return runId;
  },
};

/** Those that need a harness of their own; its workers end with them, the history stays. */
export const outsideScenarios: Record<string, Scenario> = {
  async 'web-experiment'({ environment }) {
    const flags = new FlagDouble('flags');
    const harness = await runHarness(environment, { deps: { flagsOf: () => flags } });
    try {
      await harness.importPeople(1);
      return await harness.withWorkers(async () => {
        const checkpoint = testCheckpoint({
          after: { minRecipients: 400, timeout: 10 * hour },
          decide: {
            pass: { do: 'promote', what: 'winner' },
            fail: { do: 'abort' },
            invalid: { do: 'promote', what: 'control' },
            error: { do: 'promote', what: 'control' },
            inconclusive: { do: 'promote', what: 'control' },
          },
        });
        const arm = { share: 0.5 };
        const { runId } = await harness.launch(
          testCampaign({
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
                  { kind: 'checkpoint', checkpoint },
                  { kind: 'wave', size: 'rest' },
                ],
                experiment: {
                  platform: 'flags',
                  flag: 'hero',
                  arms: [
                    { name: 'a', ...arm },
                    { name: 'b', ...arm },
                  ],
                  after: 'switch-off',
                  goal: 'learn',
                  method: 'always-valid',
                  spending: { kind: 'obrien-fleming' },
                  alpha: 0.05,
                  alphaAbort: 0.01,
                  power: 0.8,
                  maxRecipients: 1_000,
                  control: 'a',
                  salt: 'hero',
                  bandit: { floor: 0.05, minUnits: 100, minConversions: 40 },
                },
              },
            ],
          }),
        );
        await decide(harness, runId, 'ana');
        await resultOf(harness, runId);
        return runId;
      });
    } finally {
      await harness.close();
    }
  },
  async 'git-sync'({ environment }) {
    const server = await gitServer();
    const copy = WorkingCopy.of(server);
    const harness = await runHarness(environment, { workspace: { repositories: repositoryOf(server) } });
    try {
      copy.commit(campaignIn('sale', { id: `sale-${harness.unique}` }), 'launch');
      await harness.withWorkers(() => syncOnce(harness));
      return `sync/${harness.unique}/1`;
    } finally {
      await harness.close();
      copy.remove();
      await server.stop();
    }
  },
  async 'store-credit'({ environment }) {
    const medusa = await MedusaDouble.start();
    const shop = createMedusaStoreCredit({ platform: 'shop', url: medusa.url, token: medusa.token, timeoutMs: 2_000 });
    const harness = await runHarness(environment, { deps: { creditsOf: () => shop } });
    try {
      return await harness.withWorkers(() => payOneCredit({ harness, environment }));
    } finally {
      await harness.close();
      await medusa.remove();
    }
  },
};
