/**
 * Who may decide at a gate: one pure function for the workflow's Update validator, the page and the command line.
 * Free of dependencies, so that workflow code can use it.
 */
import type { GateStep, Instant, PersonId, Sha256 } from './resolved';
import type { GateDecision, GateView } from './run-status';

export interface GateQuestion {
  gate: GateStep['gate'];
  /** What the gate says of itself; absent while the run has not reached it. */
  state?: Pick<GateView, 'state' | 'expiresAt' | 'decisions'>;
  decision: Pick<GateDecision, 'gate' | 'verdict' | 'by' | 'roles' | 'planHash' | 'noteId'>;
  /** Hash of the run's plan as it stands; empty while the run is being prepared. */
  planHash: Sha256 | '';
  appliedBy: PersonId;
  lastCommitter?: PersonId;
  /** The gate has expired once and `escalateTo` is asked as well. */
  escalated: boolean;
  now: Instant;
}

export type GateRefusal =
  | 'not-open'
  | 'expired'
  | 'stale-plan'
  | 'wrong-role'
  | 'author'
  | 'decided-already'
  | 'note-needed';

export type GateAnswer = { allowed: true } | { allowed: false; code: GateRefusal; reason: string };

/** May this person make this decision now? The reasons are in plain words and name no person but the asker. */
export function decide(question: GateQuestion): GateAnswer {
  const { gate, state, decision, now } = question;
  if (!state || (state.state !== 'open' && state.state !== 'held')) {
    return refuse('not-open', `gate "${decision.gate}" is ${state ? state.state : 'not open yet'}`);
  }
  if (state.state === 'open' && state.expiresAt !== undefined && Date.parse(now) >= Date.parse(state.expiresAt)) {
    return refuse('expired', `gate "${decision.gate}" expired at ${state.expiresAt}`);
  }
  if (question.planHash === '' || decision.planHash !== question.planHash) {
    return refuse('stale-plan', 'the plan you saw is not the plan of this run');
  }
  const deciders = rolesOf(gate, question.escalated);
  if (!decision.roles.some((role) => deciders.includes(role))) {
    return refuse('wrong-role', `this gate is decided by ${deciders.join(', ')}`);
  }
  if (!gate.allowAuthor && (decision.by === question.appliedBy || decision.by === question.lastCommitter)) {
    return refuse('author', 'who applied the plan, or committed the file last, does not decide at this gate');
  }
  if (state.decisions.some(({ by }) => by === decision.by)) {
    return refuse('decided-already', 'you have decided at this gate already');
  }
  if (decision.verdict === 'reject' && !decision.noteId) {
    return refuse('note-needed', 'say why when you reject');
  }
  return { allowed: true };
}

/** Roles that may decide: the approvers and, once escalated, those escalated to. */
export function rolesOf(gate: Pick<GateStep['gate'], 'approvers' | 'escalateTo'>, escalated: boolean): string[] {
  return escalated ? [...new Set([...gate.approvers, ...gate.escalateTo])] : [...gate.approvers];
}

/** What a gate comes to after these decisions: one rejection rejects, `quorum` different people approve. */
export function outcomeOf(
  gate: Pick<GateStep['gate'], 'quorum'>,
  decisions: readonly Pick<GateDecision, 'by' | 'verdict'>[],
): 'approved' | 'rejected' | 'open' {
  if (decisions.some(({ verdict }) => verdict === 'reject')) return 'rejected';
  const approvers = new Set(decisions.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by));
  return approvers.size >= gate.quorum ? 'approved' : 'open';
}

function refuse(code: GateRefusal, reason: string): GateAnswer {
  return { allowed: false, code, reason };
}
