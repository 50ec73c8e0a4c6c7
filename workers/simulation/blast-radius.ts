/** What `volante plan` would say of the simulated campaign and its people, before anything happens. */
import { compileAudience } from '../../definition/audience-condition';
import { makePlan } from '../../definition/plan';
import type { Instant, ResolvedCampaign } from '../../definition/resolved';
import type { Workspace } from '../../definition/workspace-types';
import type { Database } from '../../ledger/database';
import { gatherPlanFacts } from '../../ledger/plan-facts';
import type { BlastRadius } from '../../simulation/result';

export async function planRadius(
  database: Database,
  request: { campaign: ResolvedCampaign; revision: string; workspace: Workspace; secretKey: string; now: Instant },
): Promise<BlastRadius> {
  const { campaign, revision, now, ...rest } = request;
  const facts = await gatherPlanFacts(database, {
    ...rest,
    campaign,
    revision,
    condition: compileAudience(undefined),
    now: new Date(now),
  });
  const { campaigns } = makePlan([{ campaign: { resolved: campaign, revision, sourceFile: campaign.id }, facts }], {
    environment: 'simulation',
  });
  const [planned] = campaigns;
  if (planned === undefined || planned.action === 'invalid') throw new Error('a valid campaign has a plan');
  const { start, end, timezone } = planned.window;
  const stands = campaign.trigger ? 'trigger' : campaign.program ? 'program' : undefined;
  return {
    ...(stands && { stands }),
    targeted: planned.audience.targeted,
    heldOut: planned.audience.heldOut,
    reachable: planned.audience.reachable,
    cost: planned.cost,
    window: { ...(start && { start }), ...(end && { end }), timezone },
    irreversible: planned.irreversible,
    gates: planned.gates.map(({ step, approvers, quorum }) => ({ step, approvers, quorum })),
  };
}
