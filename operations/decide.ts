/** A person's decision at a gate, delivered to the run. Command line, page and chat all come through here. */
import {
  type Client,
  isGrpcDeadlineError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { GateDecision, Verdict } from '../definition/run-status';
import type { Person } from '../definition/workspace-types';
import { VolanteError } from '../errors/volante-error';
import type { Database } from '../ledger/database';
import { writeDecisionNote } from '../ledger/decision-notes';
import { decideGate, type GateReceipt, runStatus } from '../workflows/messages';

export interface DecisionRequest {
  runId: string;
  gate: string;
  verdict: Verdict;
  person: Person;
  /** Hash of the plan the person saw. */
  planHash: string;
  via: GateDecision['via'];
  note?: string;
}

/**
 * Delivers a decision. The note is written first and the history gets its id only.
 * @throws VolanteError VOL-300 with the policy's reason, VOL-301 when the run is over, VOL-504 when no worker answers
 */
export async function decideAtGate(
  { client, database }: { client: Client; database: Database },
  request: DecisionRequest,
): Promise<GateReceipt> {
  const { runId, gate, verdict, person, planHash, via } = request;
  const opened = (await askStatus(client, runId)).gates.find((view) => view.gate === gate)?.openedAt ?? 'closed';
  const note = request.note?.trim();
  const noteId = note ? await writeDecisionNote(database, { runId, gate, by: person.id, note }) : undefined;
  try {
    return await client.withDeadline(Date.now() + 20_000, () =>
      client.workflow.getHandle(runId).executeUpdate(decideGate, {
        args: [{ gate, verdict, by: person.id, roles: person.roles, planHash, via, ...(noteId && { noteId }) }],
        // The same click is the same decision; a gate that opened again, after a reset, is another question.
        updateId: `${gate}:${opened}:${person.id}:${verdict}:${planHash.slice(0, 12)}`,
      }),
    );
  } catch (error) {
    throw explainRefusal(error, runId);
  }
}

/** Why a run did not take a message, as an error of the catalogue. */
export function explainRefusal(error: unknown, runId: string): unknown {
  if (error instanceof WorkflowUpdateFailedError)
    return new VolanteError('VOL-300', { message: error.cause?.message ?? error.message, cause: error });
  if (error instanceof WorkflowNotFoundError || error instanceof WorkflowFailedError)
    return new VolanteError('VOL-301', { message: `${runId} is over.`, cause: error });
  if (
    isGrpcDeadlineError(error) ||
    isGrpcDeadlineError(causeOf(error)) ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError
  )
    return new VolanteError('VOL-504', { message: `No worker answers for ${runId}.`, cause: error });
  return error;
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** What the run says of itself. @throws VolanteError VOL-301, VOL-504 */
export async function askStatus(client: Client, runId: string) {
  try {
    return await client.withDeadline(Date.now() + 10_000, () => client.workflow.getHandle(runId).query(runStatus));
  } catch (error) {
    throw explainRefusal(error, runId);
  }
}
