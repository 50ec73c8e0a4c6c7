/** Definitions of journeys, read once per revision and process. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../../definition/failure-types';
import type { ResolvedCampaign, Sha256 } from '../../definition/resolved';
import type { ResolvedTrigger } from '../../definition/resolved-journey';
import type { Database } from '../../ledger/database';
import { readRevision } from '../../ledger/revisions';

export type TriggeredCampaign = ResolvedCampaign & { trigger: ResolvedTrigger };

const mostKept = 100;

export class TriggeredCampaigns {
  private readonly kept = new Map<Sha256, Promise<TriggeredCampaign>>();

  constructor(private readonly database: Database) {}

  of(revision: Sha256): Promise<TriggeredCampaign> {
    const found = this.kept.get(revision) ?? this.read(revision);
    if (this.kept.size >= mostKept) this.kept.clear();
    this.kept.set(revision, found);
    found.catch(() => this.kept.delete(revision));
    return found;
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
