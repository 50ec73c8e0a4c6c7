/** The beginning, the holds and the end of one journey. */
import type { ResolvedStep } from '../../definition/resolved';
import { beginJourney, endJourney, moveJourney } from '../../ledger/journeys/journey';
import { isLastJourney } from '../../ledger/journeys/triggers';
import { findRun } from '../../ledger/runs';
import type { ActivityDependencies } from '../dependencies';
import type { JourneyActivities, JourneyStepPlan } from '../journey-contract';
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
      const gates = steps.flatMap(({ kind, id }) => (kind === 'gate' ? [id] : []));
      const row = await findRun(database, run.runId);
      return {
        begins: true,
        campaign,
        steps: stepPlans(steps),
        heartbeatTimeoutMs,
        gates,
        planHash: row?.planHash ?? '',
      };
    },

    async holdJourney({ run, seq, step, why }) {
      await moveJourney(database, { runNo: run.runNo, seq, step, heldWhy: why });
    },

    async endJourney({ run, seq, end, steps, now }) {
      if (end.outcome === 'not-begun') return;
      const { outcome, exit, detail } = end;
      const reason = detail ?? (exit === undefined ? `the journey ended: ${outcome}` : `left by exit ${exit}`);
      const { steps: all } = await campaigns.of(run.revision);
      const isEmail = (id: string) => all.some((step) => step.id === id && step.kind === 'email');
      await endJourney(database, {
        runNo: run.runNo,
        seq,
        end: { outcome, exit, detail },
        unreached: steps
          .filter(({ id, state }) => isEmail(id) && state !== 'done')
          .map(({ id, why }) => ({ step: id, why: why ?? reason })),
        now: new Date(now),
      });
      if (await isLastJourney(database, run.runNo)) await tell(run.runId, 'journeysEnded');
    },
  };
}

function stepPlans(steps: readonly ResolvedStep[]): JourneyStepPlan[] {
  const gates = new Set(steps.flatMap(({ kind, id }) => (kind === 'gate' ? [id] : [])));
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
