/** Journeys whose workflow ended without telling the ledger: somebody terminated it, or it could not go on. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../../ledger/database';
import { endJourney, type LiveJourney, liveByWorkflow } from '../../ledger/journeys/journey';
import { isLastJourney } from '../../ledger/journeys/triggers';
import { journeysEnded } from '../../workflows/messages';

const page = 500;
const closedBadly = ['Terminated', 'Failed', 'TimedOut', 'Canceled'];
/** Who has not looked for so long finds the rest when the run ends. */
const lookBackMs = 30 * 24 * 3600_000;

/**
 * Ends in the ledger what has ended in Temporal, so that the contact is free for others and the run can end. What was
 * not sent is cancelled with the reason; what may have been sent is in doubt.
 * @returns how many journeys were lost
 */
export async function endLostJourneys({
  client,
  database,
  now,
}: {
  client: Client;
  database: Database;
  now: Date;
}): Promise<number> {
  const since = new Date(now.getTime() - lookBackMs).toISOString();
  const states = closedBadly.map((state) => `'${state}'`).join(', ');
  const query = `WorkflowType = 'journey' AND ExecutionStatus IN (${states}) AND CloseTime > '${since}'`;
  let lost = 0;
  let workflowIds: string[] = [];
  const look = async () => {
    for (const journey of await liveByWorkflow(database, workflowIds))
      lost += (await endLost({ client, database, now }, journey)) ? 1 : 0;
    workflowIds = [];
  };
  for await (const { workflowId } of client.workflow.list({ query, pageSize: page })) {
    workflowIds.push(workflowId);
    if (workflowIds.length === page) await look();
  }
  await look();
  return lost;
}

/** One that was reset has a newer execution, which goes on. */
async function endLost(
  { client, database, now }: { client: Client; database: Database; now: Date },
  { runNo, seq, workflowId, runId, emailSteps }: LiveJourney,
): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  if (status.name === 'RUNNING') return false;
  const detail = `lost: its workflow ended in Temporal as ${status.name.toLowerCase()}`;
  await endJourney(database, {
    runNo,
    seq,
    end: { outcome: 'failed', detail },
    unreached: emailSteps.map((step) => ({ step, why: detail })),
    now,
  });
  if (await isLastJourney(database, runNo))
    await client.workflow
      .getHandle(runId)
      .signal(journeysEnded)
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
  return true;
}
