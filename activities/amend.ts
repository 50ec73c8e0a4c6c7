/** A changed file and a run under way: what holds at once, what holds later, and what people must approve again. */
import { ApplicationFailure } from '@temporalio/activity';
import { type Amendment, amendmentOf, keptPath, referencesIn } from '../definition/amendment';
import { costAtMost } from '../definition/cost';
import { failureTypes } from '../definition/failure-types';
import { planHash } from '../definition/plan-hash';
import type { ResolvedCampaign, Sha256 } from '../definition/resolved';
import { revisionOf } from '../definition/revision';
import { writeMoney } from '../definition/written/money';
import { type AmendmentRow, findAmendment, writeAmendment } from '../ledger/amendments';
import { approvedGates, recordFact } from '../ledger/audit';
import { type Queryable, transaction } from '../ledger/database';
import { countMembers } from '../ledger/member-counts';
import { amendBudget } from '../ledger/money/amend-budget';
import { setPacing } from '../ledger/money/limits';
import { type StoredFile, type StoredRevision, storeRevision } from '../ledger/revisions';
import { findRun } from '../ledger/runs';
import { storedRevision } from './campaign-steps';
import type { AmendedRun, ControlActivities } from './contract';
import type { ActivityDependencies } from './dependencies';

type Request = Parameters<ControlActivities['amendRun']>[0];

export function createAmendRun({ database, workspace }: ActivityDependencies): ControlActivities['amendRun'] {
  return async (input) => {
    const { run, no, request, standing, now } = input;
    const taken = await findAmendment(database, { runNo: run.runNo, no });
    if (taken) return answer(taken, (await storedRevision(database, taken.revision)).campaign);
    const before = await storedRevision(database, run.revision);
    const after = await storedRevision(database, request.revision);
    const amendment = amendmentOf(before.campaign, after.campaign, standing);
    refuse(amendment, before.campaign, after.campaign);
    const row = await findRun(database, run.runId);
    const { members, heldOut } = await countMembers(database, run.runNo);
    const { campaign } = amendment;
    const revision = revisionOf(campaign);
    const cost = costAtMost(campaign, {
      recipients: members - heldOut,
      platforms: workspace.platforms,
    });
    const hash = planHash({ revision, audienceChecksum: row?.audienceChecksum ?? '', targeted: members, cost });
    await storeRevision(database, {
      revision,
      campaign,
      files: filesOf(campaign, [after, before]),
      gitCommit: request.gitCommit,
    });
    await transaction(database, async (client) => {
      await changeBudget(client, input, before.campaign, after.campaign);
      await setPacing(client, { runNo: run.runNo, budget: campaign.budget });
      await writeAmendment(client, {
        runNo: run.runNo,
        no,
        at: now,
        by: request.by,
        gitCommit: request.gitCommit,
        fromRevision: run.revision,
        askedRevision: request.revision,
        revision,
        fromPlanHash: input.planHash,
        planHash: hash,
        changes: amendment.changes.map(({ path, kind, rule, effect }) => ({ path, kind, rule, effect })),
        voids: amendment.voids,
        withdrawn: amendment.withdrawn,
        cost,
      });
      await recordFact(client, {
        at: new Date(now),
        runId: run.runId,
        actor: request.by,
        action: 'run.amended',
        detail: {
          no,
          from: run.revision,
          revision,
          asked: request.revision,
          planHash: hash,
          changes: amendment.changes.map(({ path, effect }) => `${path}: ${effect}`),
          voids: amendment.voids,
          ...(request.gitCommit !== undefined && { gitCommit: request.gitCommit }),
        },
        factKey: `${run.runId}:amended:${no}`,
      });
      await carryApprovals(client, input, { voids: amendment.voids, hash });
    });
    return answer({ revision, planHash: hash, ...amendment }, campaign);
  };
}

function answer(
  { revision, planHash, voids, withdrawn }: Pick<AmendmentRow, 'revision' | 'planHash' | 'voids' | 'withdrawn'>,
  campaign: ResolvedCampaign,
): AmendedRun {
  return { campaign, revision, planHash, voids, withdrawn };
}

/** @throws ApplicationFailure AmendmentRefused, naming every change that this run cannot take */
function refuse({ changes }: Amendment, before: ResolvedCampaign, after: ResolvedCampaign): void {
  const refused = changes.filter(({ effect }) => effect === 'refused').map(({ path }) => path);
  const isMoneyLost =
    before.budget && before.budget.total.currency !== (after.budget?.total.currency ?? '') ? ['budget'] : [];
  const all = [...refused, ...isMoneyLost];
  if (all.length > 0)
    throw ApplicationFailure.nonRetryable(
      `a run under way cannot take a change of ${all.join(', ')}`,
      failureTypes.amendmentRefused,
    );
}

/** The content of every file that the amended definition refers to. */
function filesOf(campaign: ResolvedCampaign, stored: StoredRevision[]): StoredFile[] {
  const files = new Map<string, StoredFile>();
  for (const { path, sha256 } of referencesIn(campaign)) {
    const content = stored.map((revision) => contentOf(revision, path, sha256)).find(Boolean);
    if (!content)
      throw ApplicationFailure.nonRetryable(`the ledger has lost ${path} of this run`, failureTypes.planInvalid);
    files.set(path, { path, content });
  }
  return [...files.values()];
}

/** A file may be wanted under the name it has, or under the name that a kept step knows it by. */
function contentOf({ campaign, files }: StoredRevision, path: string, sha256: Sha256): Buffer | undefined {
  const own = referencesIn(campaign).find(
    (reference) => reference.sha256 === sha256 && (reference.path === path || keptPath(reference) === path),
  );
  return own && files.find((file) => file.path === own.path)?.content;
}

/** @throws ApplicationFailure AmendmentRefused, when a line has less left than the file takes */
async function changeBudget(
  client: Queryable,
  { run, no, request, now }: Request,
  before: ResolvedCampaign,
  after: ResolvedCampaign,
): Promise<void> {
  if (!before.budget || !after.budget) return;
  const { currency } = after.budget.total;
  const short = await amendBudget(client, {
    runNo: run.runNo,
    key: String(no),
    at: new Date(now),
    by: request.by,
    before: before.budget,
    after: after.budget,
  });
  if (short.length === 0) return;
  const words = short.map(({ line, short: micros }) => `${line} has ${writeMoney({ currency, micros })} too little`);
  throw ApplicationFailure.nonRetryable(
    `money that is reserved or spent cannot be taken from a line: ${words.join(', ')}`,
    failureTypes.amendmentRefused,
  );
}

/** An approval that still covers what comes after its gate is one of the new plan too, and the audit says where it is from. */
async function carryApprovals(
  client: Queryable,
  { run, no, planHash: from, standing, now }: Request,
  { voids, hash }: { voids: string[]; hash: Sha256 },
): Promise<void> {
  for (const gate of await approvedGates(client, { runId: run.runId, planHash: from })) {
    if (voids.includes(gate) || standing.gates[gate] !== 'approved') continue;
    await recordFact(client, {
      at: new Date(now),
      runId: run.runId,
      actor: 'volante',
      action: 'gate.carried',
      subject: gate,
      detail: { planHash: hash, from },
      factKey: `${run.runId}:${gate}:carried:${no}`,
    });
  }
}
