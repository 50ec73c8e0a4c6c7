/** What the standing run of a triggered campaign does to its trigger and its journeys. */
import { Context } from '@temporalio/activity';
import { recordFact } from '../../ledger/audit';
import { followedSteps, listenAlso } from '../../ledger/journeys/followed';
import { endLeftJourneys, liveJourneys } from '../../ledger/journeys/journey';
import { closeTrigger, countLive, listensOf, openTrigger, retireTrigger } from '../../ledger/journeys/triggers';
import { setDispatch, setPhase } from '../../ledger/runs';
import { whileAlive } from '../../telemetry/alive';
import { closeRange } from '../close-range';
import type { ActivityDependencies } from '../dependencies';
import { requireApproval } from '../dispatch';
import type { JourneyActivities } from '../journey-contract';
import { TriggeredCampaigns } from './revision-cache';
import { tell } from './tell';

type StandingActivities = Pick<
  JourneyActivities,
  'openTrigger' | 'closeTrigger' | 'countLiveJourneys' | 'tellJourneys' | 'retireJourneys'
>;

const page = 200;
const atOnce = 20;

export function createStandingActivities({ database }: ActivityDependencies): StandingActivities {
  const campaigns = new TriggeredCampaigns(database);
  return {
    async openTrigger({ run, gates, planHash, now }) {
      await requireApproval(database, { runId: run.runId, step: 'trigger', gates, planHash });
      const { taskQueue } = Context.current().info;
      const campaign = await campaigns.of(run.revision);
      if (campaign.trigger.underWay === 'follow')
        await whileAlive(() =>
          listenAlso(database, { campaignId: campaign.id, runNo: run.runNo, types: listensOf(campaign) }),
        );
      const superseded = await openTrigger(database, { runNo: run.runNo, campaign, taskQueue, now: new Date(now) });
      await setDispatch(database, run.runNo, 'open');
      await setPhase(database, run.runNo, 'sending');
      for (const other of superseded) await tell(other, 'supersedeTrigger', { by: run.runId });
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: 'trigger.opened',
        detail: { planHash, approvedAt: gates, events: campaign.trigger.events, superseded },
        factKey: `${run.runId}:trigger:opened`,
      });
      return { superseded };
    },

    async closeTrigger({ run, why, now }) {
      await closeTrigger(database, { runNo: run.runNo, why, now: new Date(now) });
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: 'trigger.closed',
        detail: { reason: why },
        factKey: `${run.runId}:trigger:closed`,
      });
    },

    countLiveJourneys: ({ run }) => countLive(database, run.runNo),

    tellJourneys: ({ run, say, reason }) =>
      whileAlive(async (come) => {
        const signal = say === 'resume' ? 'resumeJourney' : 'stopJourney';
        let told = 0;
        for (let after = 0; ; ) {
          const live = await liveJourneys(database, {
            runNo: run.runNo,
            after,
            limit: page,
            heldOnly: say === 'resume',
          });
          for (let at = 0; at < live.length; at += atOnce)
            await Promise.all(
              live.slice(at, at + atOnce).map(({ workflowId }) => tell(workflowId, signal, { reason })),
            );
          told += live.length;
          const last = live.at(-1);
          if (!last) return { told };
          after = last.seq;
          come({ told });
        }
      }),

    async retireJourneys({ run, reason, now }) {
      const { runNo } = run;
      const left = await endLeftJourneys(database, { runNo, detail: reason, now: new Date(now) });
      await retireTrigger(database, runNo);
      const { members } = await countLive(database, runNo);
      const campaign = await campaigns.of(run.revision);
      for (const step of campaign.steps)
        if (step.kind === 'email' && left > 0)
          await closeRange(database, {
            ...{ runNo, step: step.id, range: { from: 1, to: members } },
            ...{ as: 'cancelled', detail: reason, now: new Date(now) },
          });
      const followed = await followedSteps(database, { no: runNo, campaign });
      return { left, ...(followed.length > 0 && { followed }) };
    },
  };
}
