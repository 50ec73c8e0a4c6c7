import { decide } from '../definition/gate-policy';
import type { GateDecision } from '../definition/run-status';
import type { RunState } from './run-state';
import { instant } from './time';

/** Asks the policy that page and command line use too, with what the run knows at this moment. */
export function judgeDecision(run: RunState, decision: GateDecision) {
  return decide({
    gate: run.gate(decision.gate),
    decision,
    planHash: run.planHash,
    excluded: run.excludedFrom(decision.gate),
    now: instant(),
  });
}
