import { decide, type GateAnswer } from '../definition/gate-policy';
import type { GateDecision } from '../definition/run-status';
import type { RunState } from './run-state';
import { instant } from './time';

/** Asks the policy that page and command line use too, with what the run knows at this moment. */
export function judgeDecision(run: RunState, decision: GateDecision): GateAnswer {
  const gate = run.gates.of(decision.gate);
  const terms = run.gates.termsOf(decision.gate);
  if (!gate || !terms) return { allowed: false, code: 'not-open', reason: `gate "${decision.gate}" is not open yet` };
  if (run.amending.isUnderWay)
    return { allowed: false, code: 'not-open', reason: 'the run takes a changed file at this moment; look again' };
  return decide({
    gate: { ...terms, approvers: gate.approvers },
    state: gate,
    decision,
    planHash: run.planHash,
    appliedBy: run.plan.appliedBy,
    lastCommitter: run.plan.lastCommitter,
    escalated: false,
    now: instant(),
  });
}
