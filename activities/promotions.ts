/** Codes of promotions: issued in the ledger first, then told to the platform that takes them; taken back the other way. */
import { ApplicationFailure } from '@temporalio/activity';
import { failureTypes } from '../definition/failure-types';
import type { ResolvedCampaign, ResolvedStepOf } from '../definition/resolved';
import { recordFact } from '../ledger/audit';
import { setMoneyCaps, setPacing } from '../ledger/money/limits';
import { undoPromotion } from '../ledger/promotions/close';
import { issueCodes } from '../ledger/promotions/issue';
import { whileAlive } from '../telemetry/alive';
import { storedRevision } from './campaign-steps';
import type { ActivityDependencies } from './dependencies';
import { requireApproval } from './dispatch';
import type { PromotionActivities } from './promotion-contract';
import { disableOutside, pushCodes } from './promotions-outside';

export function createPromotionActivities(deps: ActivityDependencies): PromotionActivities {
  const { database, workspace } = deps;
  return {
    async issueCodes({ run, step: stepId, range, gates, planHash, approvedRun = run.runId, now }) {
      await requireApproval(database, { runId: approvedRun, step: stepId, gates, planHash });
      const { campaign } = await storedRevision(database, run.revision);
      const { promotion: terms } = promotionStep(campaign, stepId);
      await setMoneyCaps(database, workspace.moneyCaps ?? []);
      await setPacing(database, { runNo: run.runNo, budget: campaign.budget });
      const ref = { runNo: run.runNo, step: stepId };
      const issued = await whileAlive(async (come) => {
        const given = { ...ref, now: new Date(now), onProgress: (upTo: number) => come({ upTo }) };
        const { until, ...issued } = await issueCodes(database, { ...given, terms, range });
        await pushCodes(deps, { ...given, runId: run.runId, campaign });
        return { ...issued, ...(until && { until: until.toISOString() }) };
      });
      const fact = { at: new Date(now), runId: run.runId, actor: 'volante', subject: stepId };
      // Journeys come one by one and for months: their codes stand in the promotion's own books.
      if (campaign.trigger)
        await recordFact(database, {
          ...fact,
          action: 'promotion.opened',
          factKey: `${run.runId}:${stepId}:opened`,
        });
      else if (issued.until === undefined)
        await recordFact(database, {
          ...fact,
          action: 'promotion.issued',
          detail: { ...issued, members: issued.issued, range: [range.from, range.to] },
          factKey: `${run.runId}:${stepId}:issued:${range.from}-${range.to}`,
        });
      return issued;
    },

    async undoPromotion({ run, step: stepId, by, now }) {
      const { campaign } = await storedRevision(database, run.revision);
      promotionStep(campaign, stepId);
      const ref = { runNo: run.runNo, step: stepId };
      const undone = await whileAlive(async (come) => {
        const given = { ...ref, now: new Date(now), onProgress: (disabled: number) => come({ disabled }) };
        await disableOutside(deps, given);
        return undoPromotion(database, { ...given, by });
      });
      if (!undone) return null;
      await recordFact(database, {
        at: new Date(now),
        runId: run.runId,
        actor: by,
        action: 'promotion.undone',
        subject: stepId,
        detail: { ...undone, members: undone.disabled },
        factKey: `${run.runId}:${stepId}:undone`,
      });
      return undone;
    },
  };
}

function promotionStep(campaign: ResolvedCampaign, id: string): ResolvedStepOf<'promotion'> {
  const step = campaign.steps.find((candidate) => candidate.id === id);
  if (step?.kind === 'promotion') return step;
  throw ApplicationFailure.nonRetryable(`this revision has no promotion step ${id}`, failureTypes.planInvalid);
}
