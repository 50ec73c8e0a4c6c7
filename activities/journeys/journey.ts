/** The beginning, the holds and the end of one journey. */
import { beginJourney, endJourney, moveJourney } from '../../ledger/journeys/journey';
import { isLastJourney } from '../../ledger/journeys/triggers';
import { findRun } from '../../ledger/runs';
import type { ActivityDependencies } from '../dependencies';
import type { JourneyActivities } from '../journey-contract';
import { gatesOf, newerRevision, stepPlans, takeUp } from './course';
import { TriggeredCampaigns } from './revision-cache';
import { tell } from './tell';

type OneJourney = Pick<JourneyActivities, 'beginJourney' | 'holdJourney' | 'endJourney'>;

const heartbeatTimeoutMs = 15_000;

export function createJourneyLife({ database }: ActivityDependencies): OneJourney {
  const campaigns = new TriggeredCampaigns(database);
  return {
    async beginJourney({ run, seq, event, execution, now }) {
      const begins = await beginJourney(database, {
        runNo: run.runNo,
        seq,
        eventNo: event,
        execution,
        now: new Date(now),
      });
      if (!begins) return { begins: false };
      const { id: campaign, steps } = await campaigns.of(run.revision);
      const row = await findRun(database, run.runId);
      return {
        begins: true,
        campaign,
        steps: stepPlans(steps),
        heartbeatTimeoutMs,
        gates: gatesOf(steps),
        planHash: row?.planHash ?? '',
      };
    },

    async holdJourney({ run, seq, step, why }) {
      await moveJourney(database, { runNo: run.runNo, seq, step, heldWhy: why });
    },

    async endJourney({ run, seq, end, steps, goesBy, now }) {
      if (end.outcome === 'not-begun') return undefined;
      if (goesBy && end.outcome === 'completed') {
        const { id } = await campaigns.of(run.revision);
        const newer = await newerRevision(database, campaigns, { campaignId: id, than: goesBy.runNo });
        const changed = newer && (await takeUp(database, campaigns, { run, seq, newer }));
        if (changed) return changed;
      }
      const { outcome, exit, detail } = end;
      const reason = detail ?? (exit === undefined ? `the journey ended: ${outcome}` : `left by exit ${exit}`);
      const { steps: all } = await campaigns.of(run.revision);
      const kindOf = (id: string) => all.find((step) => step.id === id)?.kind;
      await endJourney(database, {
        runNo: run.runNo,
        seq,
        end: { outcome, exit, detail },
        unreached: steps
          .filter(({ id, kind = kindOf(id), state }) => kind === 'email' && state !== 'done')
          .map(({ id, why }) => ({ step: id, why: why ?? reason })),
        now: new Date(now),
      });
      if (await isLastJourney(database, run.runNo)) await tell(run.runId, 'journeysEnded');
      return undefined;
    },
  };
}
