import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { PersonId } from '../definition/resolved';
import { askPrune } from '../workflows/messages';

/** Asks the approvers of a run whether it shall stop and be undone. A run that is over needs no answer. */
export async function askToPrune(
  client: Client,
  { runId, by, reason }: { runId: string; by: PersonId; reason: string },
): Promise<void> {
  try {
    await client.workflow.getHandle(runId).signal(askPrune, { by, reason });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
