/** Definitions of journeys, read once per revision and process. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../../definition/failure-types';
import type { ResolvedCampaign, Sha256 } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import type { Database } from '../../ledger/database';
import { Recent } from '../../ledger/recent';
import { readRevision } from '../../ledger/revisions';

export type TriggeredCampaign = ResolvedCampaign & { trigger: ResolvedTrigger };

const mostKept = 100;

export class TriggeredCampaigns {
  private readonly kept = new Recent<TriggeredCampaign>(mostKept);

  constructor(private readonly database: Database) {}

  of(revision: Sha256): Promise<TriggeredCampaign> {
    return this.kept.get(revision, () => this.read(revision));
  }

  private async read(revision: Sha256): Promise<TriggeredCampaign> {
    const stored = await readRevision(this.database, revision);
    if (stored && isTriggered(stored.campaign)) return stored.campaign;
    throw ApplicationFailure.nonRetryable('this revision starts no journeys', failureTypes.planInvalid);
  }
}

export function isTriggered(campaign: ResolvedCampaign): campaign is TriggeredCampaign {
  return campaign.trigger !== undefined;
}
