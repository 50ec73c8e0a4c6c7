/** What has happened at a gate: from the ledger once it is closed, from the run while it is not. */
import type { Instant, PersonId } from '../../definition/resolved';
import type { GateView, RunStatus, Verdict } from '../../definition/run-status';
import { isVolanteError } from '../../errors/volante-error';
import { type AuditRow, readFacts } from '../../ledger/audit';
import { readDecisionNotes } from '../../ledger/decision-notes';
import { askStatus } from '../../operations/decide';
import type { GatewayContext } from '../context';

export type GateOutcome = 'approved' | 'rejected' | 'expired';

export interface Decision {
  by: PersonId;
  verdict: Verdict;
  at: Instant;
  note?: string;
}

export interface GateStory {
  decisions: Decision[];
  /** Absent while the gate is open, or not reached. */
  outcome?: { outcome: GateOutcome; at?: Instant };
  /** Absent when the ledger alone could tell. */
  status?: RunStatus;
  view?: GateView;
}

/** @throws VolanteError VOL-504, or what a lost connection throws, when the gate is not closed and its run cannot be asked */
export async function gateStory(
  { database, client }: Pick<GatewayContext, 'database' | 'client'>,
  { runId, gate }: { runId: string; gate: string },
): Promise<GateStory> {
  const [facts, notes] = await Promise.all([readFacts(database, runId), readDecisionNotes(database, runId)]);
  const noteOf = new Map(notes.map(({ id, note }) => [id, note]));
  const told = facts.filter(({ subject }) => subject === gate);
  const closing = told.find(({ action }) => Object.hasOwn(closingActions, action));
  if (closing) {
    const decisions = told.filter(({ action }) => action === 'gate.decided').map((fact) => decisionOf(fact, noteOf));
    const outcome = closingActions[closing.action as keyof typeof closingActions];
    return { decisions, outcome: { outcome, at: closing.at.toISOString() } };
  }
  const status = await statusOf(client, runId);
  if (!status) return { decisions: [] };
  const view = status.gates.find((candidate) => candidate.gate === gate);
  const decisions = (view?.decisions ?? []).map(({ noteId, ...decision }) => ({
    ...decision,
    ...(noteId !== undefined && { note: noteOf.get(noteId) }),
  }));
  const isClosed = view?.state === 'approved' || view?.state === 'rejected' || view?.state === 'expired';
  return {
    decisions,
    status,
    view,
    ...(isClosed && { outcome: { outcome: view.state as GateOutcome, at: decisions.at(-1)?.at } }),
  };
}

/** @returns undefined for a run that Temporal no longer knows */
async function statusOf(client: GatewayContext['client'], runId: string): Promise<RunStatus | undefined> {
  try {
    return await askStatus(client, runId);
  } catch (error) {
    if (isVolanteError(error) && error.code === 'VOL-301') return undefined;
    throw error;
  }
}

const closingActions = { 'gate.approved': 'approved', 'gate.rejected': 'rejected', 'gate.expired': 'expired' } as const;

function decisionOf({ actor, at, detail }: AuditRow, noteOf: Map<string, string>): Decision {
  return {
    by: actor,
    verdict: detail?.verdict === 'reject' ? 'reject' : 'approve',
    at: at.toISOString(),
    note: typeof detail?.noteId === 'string' ? noteOf.get(detail.noteId) : undefined,
  };
}
