/** By which revision a journey goes, and how it takes up a newer one that says it is to be followed. */
import type { ResolvedStep } from '../../definition/resolved';
import type { Database } from '../../ledger/database';
import { followRun, type OpenRevision, openAfter } from '../../ledger/journeys/followed';
import type { StoredEvent } from '../../ledger/journeys/journey';
import type { JourneyRef, JourneyStepPlan, NewCourse } from '../journey-contract';
import type { TriggeredCampaigns } from './revision-cache';

/** @returns the revision that the campaign goes by now, if it is newer and people inside journeys follow it */
export async function newerRevision(
  database: Database,
  campaigns: TriggeredCampaigns,
  { campaignId, than }: { campaignId: string; than: number },
): Promise<OpenRevision | undefined> {
  const open = await openAfter(database, { campaignId, than });
  if (!open) return undefined;
  const { trigger } = await campaigns.of(open.revision);
  return trigger.underWay === 'follow' ? open : undefined;
}

/**
 * The journey goes by the newer revision from now on. What came before that one took over was judged by the exits of the
 * former; its own hold for every event after.
 * @returns undefined when the journey has ended
 */
export async function takeUp(
  database: Database,
  campaigns: TriggeredCampaigns,
  { run, seq, newer }: JourneyRef & { newer: OpenRevision },
): Promise<NewCourse | undefined> {
  const followed = await followRun(database, { runNo: run.runNo, seq, by: newer });
  if (!followed) return undefined;
  const { steps } = await campaigns.of(newer.revision);
  const { runNo, runId, revision, planHash } = newer;
  return {
    goesBy: { runNo, revision, ...(followed.after !== null && { after: followed.after }) },
    runId,
    gates: gatesOf(steps),
    planHash,
    steps: stepPlans(steps),
  };
}

/** Did an event happen before a revision took over? */
export function isBefore({ at }: StoredEvent, { openedAt }: OpenRevision): boolean {
  return at !== undefined && at < openedAt;
}

export function gatesOf(steps: readonly ResolvedStep[]): string[] {
  return steps.flatMap(({ kind, id }) => (kind === 'gate' ? [id] : []));
}

/** What the workflow of a journey has to know of each step. */
export function stepPlans(steps: readonly ResolvedStep[]): JourneyStepPlan[] {
  const gates = new Set(gatesOf(steps));
  return steps.flatMap(({ id, kind, needs, onFailure, ...step }) =>
    kind === 'gate' || kind === 'experiment' || kind === 'checkpoint'
      ? []
      : [
          {
            id,
            kind,
            needs: needs.filter((need) => !gates.has(need)),
            onFailure,
            ...('email' in step && { platform: step.email.platform }),
          },
        ],
  );
}
