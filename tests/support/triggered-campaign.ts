/** A triggered campaign on a stage: applied, approved, and taking events. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedCampaign } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import { revisionOf } from '../../definition/revision';
import { askStatus, decideAtGate } from '../../operations/decide';
import { launch } from '../../operations/launch';
import { packageRoot } from '../../settings/package-root';
import { eventually } from './eventually';
import { emailStep, gateStep, testCampaign, testWorkspace } from './run-harness';
import type { Stage } from './stage';

/**
 * One mail, `offer`, to whoever an event of the trigger is about, unless `steps` says otherwise.
 * @returns the run's id once the trigger is open
 */
export async function openTrigger(
  stage: Stage,
  {
    id,
    trigger,
    steps = [emailStep({ onLate: 'send' })],
    budget,
  }: {
    id: string;
    budget?: ResolvedCampaign['budget'];
    trigger: Pick<ResolvedTrigger, 'events' | 'key' | 'where'>;
    steps?: Parameters<typeof testCampaign>[0]['steps'];
  },
): Promise<string> {
  const operator = { client: stage.client, database: stage.database };
  const campaign = testCampaign({
    id,
    ...(budget && { budget }),
    trigger: { ...trigger, reentry: 'never', exits: [] },
    steps: [gateStep(), ...steps],
  });
  const { runId } = await launch(operator, {
    campaign,
    revision: revisionOf(campaign),
    files: [{ path: 'offer.html', content: readFileSync(join(packageRoot(), 'tests', 'fixtures', 'offer.html')) }],
    planHash: 'c'.repeat(64),
    environment: 'stage',
    by: 'luis',
    targeted: 0,
    tuning: { heartbeatTimeoutMs: 2_000 },
  });
  const { planHash } = await eventually(
    async () => {
      const status = await askStatus(stage.client, runId);
      return status.gates.some(({ state }) => state === 'open') ? status : undefined;
    },
    { timeoutMs: 60_000, what: `the gate of ${id} is open` },
  );
  const { ana: person } = testWorkspace.people;
  if (!person) throw new Error('nobody can approve');
  await decideAtGate(operator, { runId, gate: 'content', verdict: 'approve', person, planHash, via: 'cli' });
  await eventually(
    async () =>
      (await stage.database.query(`select from triggers where campaign_id = $1 and state = 'open'`, [id])).rowCount ===
      1,
    { timeoutMs: 60_000, what: `the trigger of ${id} is open` },
  );
  return runId;
}
