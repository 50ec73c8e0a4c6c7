/**
 * Launch by commit: looks at the branch of a repository and makes what runs follow it. Started by a Temporal Schedule, and
 * sooner by a webhook. What was seen and done is in the ledger, so that a sync may be repeated at any point.
 */
import { setCurrentDetails } from '@temporalio/workflow';
import type { SyncInput } from '../sync/contract';
import { sync } from './activities';
import { instant } from './time';

export interface SyncOutcome {
  outcome: 'unchanged' | 'synced' | 'in-part' | 'blocked' | 'gone';
  commit?: string;
  reason?: string;
  applied?: number;
}

export async function gitSync({ repository }: SyncInput): Promise<SyncOutcome> {
  const look = await sync.lookAtBranch({ repository, now: instant() });
  if (look.outcome !== 'new') return show(repository, look);
  const { commit } = look;
  const read = await sync.readCommit({ repository, commit, now: instant() });
  if (read.blocked !== undefined) return show(repository, { outcome: 'blocked', commit, reason: read.blocked });
  let applied = 0;
  for (let after = ''; ; ) {
    const page = await sync.applyCampaigns({ repository, commit, after, now: instant() });
    applied += page.applied;
    if (page.last === undefined) break;
    after = page.last;
  }
  const { notSynced } = await sync.concludeSync({ repository, commit, now: instant() });
  return show(repository, { outcome: notSynced === 0 ? 'synced' : 'in-part', commit, applied });
}

function show(repository: string, outcome: SyncOutcome): SyncOutcome {
  const { commit = '', reason } = outcome;
  setCurrentDetails(
    [
      `**${repository}** · ${outcome.outcome} · commit ${commit.slice(0, 12)}${reason === undefined ? '' : ` · ${reason}`}`,
      `- What became of each campaign: \`volante sync ${repository}\``,
    ].join('\n'),
  );
  return outcome;
}
