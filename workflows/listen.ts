/** Answers what is said to a run: one-line adapters to its state. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { failureTypes } from '../definition/failure-types';
import { outcomeOf } from '../definition/gate-policy';
import type { GateDecision } from '../definition/run-status';
import type { Board } from './board';
import { judgeDecision } from './gate-decision';
import { abortRun, type ControlRequest, decideGate, pauseRun, resumeRun, runStatus } from './messages';
import type { RunState } from './run-state';
import { instant } from './time';

export function listen(run: RunState, board: Board): void {
  setHandler(runStatus, () => run.status(), { description: 'Phase, steps, gates and books of this run' });
  setHandler(pauseRun, (request) => repaint(board, () => run.pause(request)), {
    description: 'Stop sending after the batches in flight; nobody is lost',
  });
  setHandler(resumeRun, (request) => repaint(board, () => run.resume(request)), {
    description: 'Go on after a pause or a hold',
  });
  setHandler(abortRun, (request: ControlRequest) =>
    repaint(board, () => run.end({ phase: 'aborted', by: request.by, reason: request.reason })),
  );
  setHandler(
    decideGate,
    (decision) => {
      const gate = run.gate(decision.gate);
      if (!gate) throw refusal(`gate ${decision.gate} is not open`);
      gate.decisions.push({
        by: decision.by,
        verdict: decision.verdict,
        at: instant(),
        via: decision.via,
        ...(decision.noteId !== undefined && { noteId: decision.noteId }),
      });
      const approvals = gate.decisions.filter(({ verdict }) => verdict === 'approve').length;
      const outcome = outcomeOf(gate, gate.decisions);
      if (outcome !== 'open') gate.state = outcome;
      board.paint();
      return { gate: gate.gate, verdict: decision.verdict, approvals, quorum: gate.quorum, state: gate.state };
    },
    {
      validator: (decision: GateDecision) => {
        const judgement = judgeDecision(run, decision);
        if (!judgement.allowed) throw refusal(judgement.reason);
      },
      description: 'Approve or reject at an open gate',
    },
  );
}

function repaint(board: Board, change: () => void): void {
  change();
  board.paint();
}

function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason, failureTypes.gateRefused);
}
