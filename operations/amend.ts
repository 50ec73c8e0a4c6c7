/** A changed file, delivered to the run of its campaign that is under way. */
import type { Client } from '@temporalio/client';
import type { Database } from '../ledger/database';
import { storeRevision } from '../ledger/revisions';
import { type AmendReceipt, amendRun } from '../workflows/messages';
import { askStatus, explainRefusal } from './decide';
import type { LaunchRequest } from './launch';

/** A run reaches a safe point after the batches in flight. */
const longestWaitMs = 60_000;

/**
 * Makes a run go by a changed file. The same revision seen twice, from however many places, is one amendment.
 * @throws VolanteError VOL-300 when the run cannot take it, VOL-301 when it is over, VOL-504 when no worker answers
 */
export async function amendLiveRun(
  { client, database }: { client: Client; database: Database },
  runId: string,
  request: LaunchRequest,
): Promise<AmendReceipt> {
  const { campaign, revision, files, gitCommit, by, lastCommitter, planHash } = request;
  await storeRevision(database, { revision, campaign, files, gitCommit });
  const { revision: from, amendments = 0 } = await askStatus(client, runId);
  try {
    return await client.withDeadline(Date.now() + longestWaitMs, () =>
      client.workflow.getHandle(runId).executeUpdate(amendRun, {
        args: [
          {
            from,
            revision,
            by,
            appliedPlanHash: planHash,
            ...(gitCommit !== undefined && { gitCommit }),
            ...(lastCommitter !== undefined && { lastCommitter }),
          },
        ],
        updateId: `amend:${amendments + 1}:${revision.slice(0, 12)}`,
      }),
    );
  } catch (error) {
    throw explainRefusal(error, runId);
  }
}
