/** Programs of points: opened, tended day by day and closed by their standing run; and steps that award points. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import type { ProgramTerms } from '../definition/resolved-loyalty';
import { recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { bookAwards, reverseAwards } from '../ledger/loyalty/award';
import { membersToAward } from '../ledger/loyalty/award-members';
import { tendProgram } from '../ledger/loyalty/mature';
import { closeProgram, findProgram, openProgram, type Program } from '../ledger/loyalty/programs';
import { releaseWaiting } from '../ledger/loyalty/waiting';
import { warnOfExpiry } from '../ledger/loyalty/warn';
import { setMoneyCaps, setPacing } from '../ledger/money/limits';
import { setDispatch, setPhase, unfinishedBefore } from '../ledger/runs';
import { whileAlive } from '../telemetry/alive';
import { storedRevision } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';
import { requireApproval } from './dispatch';
import { tell } from './journeys/tell';
import type { LoyaltyActivities } from './loyalty-contract';

const membersAtOnce = 500;

export function createLoyaltyActivities({ database, workspace }: ActivityDependencies): LoyaltyActivities {
  return {
    async openProgram({ run, gates, planHash, now }) {
      await requireApproval(database, { runId: run.runId, step: 'program', gates, planHash });
      const { campaign } = await storedRevision(database, run.revision);
      const before = await findProgram(database, campaign.id);
      const terms = termsOf(campaign);
      await setMoneyCaps(database, workspace.moneyCaps ?? []);
      await setPacing(database, { runNo: run.runNo, budget: campaign.budget });
      const tends = await openProgram(database, { id: campaign.id, runNo: run.runNo, terms, now: new Date(now) });
      if (!tends) return;
      await setDispatch(database, run.runNo, 'open');
      await setPhase(database, run.runNo, 'sending');
      await releaseWaiting(database, campaign.id);
      for (const earlier of await unfinishedBefore(database, { campaignId: campaign.id, runNo: run.runNo }))
        await tell(earlier, 'supersedeTrigger', { by: run.runId });
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: 'program.opened',
        subject: campaign.id,
        detail: { planHash, approvedAt: gates, ...(before && before.runNo !== run.runNo && { takesOver: true }) },
        factKey: `${run.runId}:program:opened`,
      });
    },

    async tendProgram({ run, now }) {
      const program = await programOfRun(database, run.revision);
      if (program.runNo !== run.runNo) return { activated: 0, expired: 0, warned: 0, tiersChanged: 0, takenOver: true };
      await setMoneyCaps(database, workspace.moneyCaps ?? []);
      await releaseWaiting(database, program.id);
      return whileAlive(async (come) => {
        const given = { program, now: new Date(now), onPage: (members: number) => come({ members }) };
        const tended = await tendProgram(database, given);
        return { ...tended, warned: await warnOfExpiry(database, given), takenOver: false };
      });
    },

    async closeProgram({ run, why, now }) {
      const program = await programOfRun(database, run.revision);
      const isClosed = await closeProgram(database, { id: program.id, runNo: run.runNo, now: new Date(now) });
      if (!isClosed) return;
      await releaseWaiting(database, program.id);
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: 'volante',
        action: 'program.closed',
        subject: program.id,
        detail: { reason: why },
        factKey: `${run.runId}:program:closed`,
      });
    },

    async awardPoints({ run, step: stepId, range, gates, planHash, approvedRun = run.runId, now }) {
      await requireApproval(database, { runId: approvedRun, step: stepId, gates, planHash });
      const { campaign } = await storedRevision(database, run.revision);
      const { loyalty } = loyaltyStep(campaign, stepId);
      const program = await openedProgram(database, loyalty.program);
      const at = new Date(now);
      const origin = { kind: 'award', runNo: run.runNo, step: stepId } as const;
      const activeAt = new Date(at.getTime() + loyalty.after);
      const awarded = await whileAlive(async (come) => {
        let awarded = 0;
        for (let from = range.from; from <= range.to; from += membersAtOnce) {
          const page = { from, to: Math.min(range.to, from + membersAtOnce - 1) };
          const members = await membersToAward(database, { runNo: run.runNo, range: page, to: loyalty.to, now: at });
          const awards = members.map(({ seq, contactId }) => ({
            contactId,
            key: `award:${run.runNo}:${stepId}:${seq}`,
            points: BigInt(loyalty.award),
          }));
          await bookAwards(database, { program, awards, origin, activeAt, now: at });
          awarded += members.length;
          come({ upTo: page.to });
        }
        return awarded;
      });
      const passedOver = range.to - range.from + 1 - awarded;
      await recordFact(database, {
        at,
        runId: run.runId,
        actor: 'volante',
        action: 'loyalty.awarded',
        subject: stepId,
        detail: {
          program: program.id,
          members: awarded,
          passedOver,
          points: loyalty.award,
          range: [range.from, range.to],
        },
        factKey: `${run.runId}:${stepId}:awarded:${range.from}-${range.to}`,
      });
      return { awarded, passedOver };
    },

    async reverseAwards({ run, step: stepId, by, now }) {
      const { campaign } = await storedRevision(database, run.revision);
      const { loyalty } = loyaltyStep(campaign, stepId);
      const program = await findProgram(database, loyalty.program);
      if (!program) return null;
      const { lots, points, uncovered } = await whileAlive(() =>
        reverseAwards(database, { program, runNo: run.runNo, step: stepId, now: new Date(now) }),
      );
      const reversed = { members: lots, points: Number(points), uncovered: Number(uncovered) };
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: by,
        action: 'loyalty.reversed',
        subject: stepId,
        detail: { program: program.id, ...reversed },
        factKey: `${run.runId}:${stepId}:reversed`,
      });
      return reversed;
    },
  };
}

function termsOf(campaign: ResolvedCampaign): ProgramTerms {
  if (campaign.program) return campaign.program;
  throw ApplicationFailure.nonRetryable('this revision is no loyalty program', failureTypes.planInvalid);
}

/** The program of a run that has opened it. */
async function programOfRun(database: Database, revision: string): Promise<Program> {
  const { campaign } = await storedRevision(database, revision);
  termsOf(campaign);
  const program = await findProgram(database, campaign.id);
  if (program) return program;
  throw ApplicationFailure.nonRetryable(`program ${campaign.id} was never opened`, failureTypes.planInvalid);
}

async function openedProgram(database: Database, id: string): Promise<Program> {
  const program = await findProgram(database, id);
  if (program?.state === 'open') return program;
  throw ApplicationFailure.nonRetryable(
    program?.state === 'paused'
      ? `loyalty program ${id} is paused: resume its run first`
      : `no loyalty program ${id} is open: apply its campaign first`,
    failureTypes.programNotOpen,
  );
}

function loyaltyStep(campaign: ResolvedCampaign, id: string): ResolvedStepOf<'loyalty'> {
  const step = campaign.steps.find((candidate) => candidate.id === id);
  if (step?.kind === 'loyalty') return step;
  throw ApplicationFailure.nonRetryable(`this revision has no loyalty step ${id}`, failureTypes.planInvalid);
}
