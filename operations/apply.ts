/**
 * What applying a campaign comes to: its live run is amended, or, where none is, a run is started. The one way for command
 * line and git sync alike, and repeatable: a revision that a campaign has gone by before starts nothing.
 */
import type { Client } from '@temporalio/client';
import { isTakenOver } from '../definition/taken-over';
import type { Database } from '../ledger/database';
import { findLiveRun, findRunBy } from '../ledger/live-runs';
import type { AmendReceipt } from '../workflows/messages';
import { amendLiveRun } from './amend';
import { type Launched, type LaunchRequest, launch, runIdOf } from './launch';

export type Applied = Launched | { runId: string; outcome: 'amended'; amendment: AmendReceipt };

export async function applyCampaign(
  operator: { client: Client; database: Database },
  request: LaunchRequest,
): Promise<Applied> {
  const { campaign, revision, environment, again } = request;
  if (again !== undefined) return launch(operator, request);
  const live = await findLiveRun(operator.database, { campaignId: campaign.id, environment });
  // The run may be in the ledger and not in Temporal yet, where whoever started it has died in between.
  if (live?.asked === revision && live.runId === runIdOf(campaign, revision)) return launch(operator, request);
  if (live?.asked === revision) return { runId: live.runId, outcome: 'already' };
  // A campaign that stands open or comes again from now on begins beside a run that has an end.
  if (live && !isTakenOver(live.campaign) && !isTakenOver(campaign))
    return { runId: live.runId, outcome: 'amended', amendment: await amendLiveRun(operator, live.runId, request) };
  const before = await findRunBy(operator.database, revision);
  if (!before || campaign.schedule.cron.length > 0) return launch(operator, request);
  // A standing run that an older revision takes over from: that revision's own run is over, and its id taken.
  if (live && isTakenOver(campaign)) return launch(operator, { ...request, again: before.runs + 1 });
  return { runId: before.runId, outcome: 'already' };
}
