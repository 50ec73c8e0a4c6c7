/** A person's word at a checkpoint, and news from outside that one may wait for. */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { PersonId } from '../definition/resolved';
import type { OverrideChoice } from '../definition/run-status';
import type { Person } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import { recordFact } from '../ledger/audit';
import type { Database } from '../ledger/database';
import { writeDecisionNote } from '../ledger/decision-notes';
import { overrideCheckpoint, reportEvent } from '../workflows/messages';
import { explainRefusal } from './decide';

export interface OverrideRequest {
  runId: string;
  /** `<step>/<checkpoint>`. */
  checkpoint: string;
  choice: OverrideChoice;
  person: Person;
  reason: string;
}

/**
 * Delivers an override. The reason is written first and the history gets its id only.
 * @throws VolanteError VOL-300 with the reason why not, VOL-301 when the run is over, VOL-504 when no worker answers
 */
export async function overrideAtCheckpoint(
  { client, database }: { client: Client; database: Database },
  { runId, checkpoint, choice, person, reason }: OverrideRequest,
): Promise<void> {
  const noteId = await writeDecisionNote(database, { runId, gate: checkpoint, by: person.id, note: reason });
  try {
    await client.withDeadline(Date.now() + 20_000, () =>
      client.workflow.getHandle(runId).executeUpdate(overrideCheckpoint, {
        args: [{ checkpoint, choice, by: person.id, roles: person.roles, noteId }],
        updateId: `override:${noteId}`,
      }),
    );
  } catch (error) {
    throw explainRefusal(error, runId);
  }
}

/** Tells a run that something outside has happened. @throws VolanteError VOL-301 when the run is over */
export async function reportToRun(
  { client, database }: { client: Client; database: Database },
  { runId, event, by }: { runId: string; event: string; by: PersonId },
): Promise<void> {
  try {
    await client.workflow.getHandle(runId).signal(reportEvent, { event, by });
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      throw new VolanteError('VOL-301', { message: `${runId} is not running.`, cause: error });
    throw error;
  }
  await recordFact(database, { at: new Date(), runId, actor: by, action: 'event.reported', detail: { event } });
}
