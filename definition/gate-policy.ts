/**
 * Who may decide at a gate, in one pure function. The run's Update validator decides by it; page and command line ask it
 * first so that they can say no in plain words. Depends on nothing, so that workflow code can hold it.
 */
import type { Instant, PersonId, Sha256 } from './resolved';
import type { GateDecision, GateView } from './run-status';

export type RefusalCode =
  | 'not-open'
  | 'expired'
  | 'not-an-approver'
  | 'author'
  | 'other-plan'
  | 'already-decided'
  | 'reason-missing';

export type Judgement = { allowed: true } | { allowed: false; code: RefusalCode; reason: string };

export interface GateQuestion {
  /** Undefined: the run has not come to this gate. */
  gate: GateView | undefined;
  decision: GateDecision;
  /** Hash of the plan the run would carry out now; empty while it prepares. */
  planHash: Sha256 | '';
  /** People who may not decide here: who applied the plan and who last committed the file, unless the gate allows authors. */
  excluded: readonly PersonId[];
  now: Instant;
}

/** The first reason against a decision, or none. A rejection needs a note that says why. */
export function decide({ gate, decision, planHash, excluded, now }: GateQuestion): Judgement {
  if (!gate) return refuse('not-open', `gate ${decision.gate} is not open yet`);
  const earlier = gate.decisions.find(({ by }) => by === decision.by);
  if (earlier) return refuse('already-decided', `${decision.by} already decided at ${earlier.at}: ${earlier.verdict}`);
  if (gate.state !== 'open' && gate.state !== 'held')
    return refuse('not-open', `gate ${decision.gate} is ${gate.state}`);
  if (gate.expiresAt !== undefined && Date.parse(now) >= Date.parse(gate.expiresAt))
    return refuse('expired', `gate ${decision.gate} expired at ${gate.expiresAt}`);
  if (!decision.roles.some((role) => gate.approvers.includes(role)))
    return refuse(
      'not-an-approver',
      `${decision.by} has none of the roles that decide here: ${gate.approvers.join(', ')}`,
    );
  if (excluded.includes(decision.by))
    return refuse('author', `${decision.by} launched or last changed this campaign; somebody else must decide`);
  if (planHash === '' || decision.planHash !== planHash)
    return refuse(
      'other-plan',
      `the decision is about plan ${short(decision.planHash)}, the run would carry out ${short(planHash)}`,
    );
  if (decision.verdict === 'reject' && decision.noteId === undefined)
    return refuse('reason-missing', 'a rejection needs a reason');
  return { allowed: true };
}

function refuse(code: RefusalCode, reason: string): Judgement {
  return { allowed: false, code, reason };
}

function short(hash: string): string {
  return hash === '' ? '(not prepared)' : hash.slice(0, 12);
}
