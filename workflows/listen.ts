/** Answers what is said to a run: one-line adapters to its state. */
import { ApplicationFailure, setHandler } from '@temporalio/workflow';
import { experimentRulesOf } from '../definition/experiment-rules';
import { failureTypes } from '../definition/failure-types';
import { outcomeOf } from '../definition/gate-policy';
import type { CheckpointOverride, GateDecision } from '../definition/run-status';
import { takeAmendment, whyNotAmended } from './amend';
import type { Board } from './board';
import { judgeDecision } from './gate-decision';
import {
  abortRun,
  amendRun,
  askPrune,
  type ControlRequest,
  decideGate,
  journeysEnded,
  overrideCheckpoint,
  pauseRun,
  reportEvent,
  resumeRun,
  runStatus,
  supersedeTrigger,
} from './messages';
import { pruneWhenApproved } from './prune';
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
  setHandler(askPrune, (request) => void pruneWhenApproved(run, board, request), {
    description: 'Ask the approvers whether this run shall stop because its file is gone',
  });
  setHandler(reportEvent, ({ event }) => repaint(board, () => run.checkpoints.report(event)), {
    description: 'Something outside has happened that a checkpoint may wait for',
  });
  setHandler(journeysEnded, () => run.countJourneys(), { description: 'The last journey on its way has ended' });
  setHandler(supersedeTrigger, ({ by }) => repaint(board, () => run.supersede(by)), {
    description: 'A newer revision starts the journeys, or tends the program, from now on',
  });
  setHandler(
    overrideCheckpoint,
    (override) => {
      run.override(override);
      board.paint();
      return { checkpoint: override.checkpoint };
    },
    {
      validator: (override: CheckpointOverride) => {
        const why = whyNotOverridden(run, override);
        if (why !== undefined) throw refusal(why);
      },
      description: 'Put a person’s decision in the place of what a checkpoint declares',
    },
  );
  setHandler(amendRun, (request) => takeAmendment(run, board, request), {
    validator: (request) => {
      const why = whyNotAmended(run, request);
      if (why !== undefined) throw ApplicationFailure.nonRetryable(why, failureTypes.amendmentRefused);
    },
    description: 'Go by a changed file from now on',
  });
  setHandler(
    decideGate,
    (decision) => {
      const gate = run.gates.of(decision.gate);
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

/** Those who decide when it holds may override; where nobody is named, those who decide at gates. */
function whyNotOverridden(run: RunState, { checkpoint, choice, roles }: CheckpointOverride): string | undefined {
  const waiting = run.checkpoints.waiting.find((candidate) => candidate.checkpoint === checkpoint);
  if (!waiting) return `checkpoint "${checkpoint}" does not wait`;
  const approvers = waiting.approvers.length > 0 ? waiting.approvers : run.rolesOfGates();
  if (!roles.some((role) => approvers.includes(role))) return `it takes the role ${approvers.join(' or ')}`;
  const step = run.plan.campaign.steps.find(({ id }) => id === checkpoint.split('/')[0]);
  const rules = step?.kind === 'email' || step?.kind === 'experiment' ? experimentRulesOf(step) : undefined;
  if (choice.do !== 'promote') return undefined;
  if ('arm' in choice) return rules?.shares[choice.arm] === undefined ? `there is no arm "${choice.arm}"` : undefined;
  return choice.what === 'control' && !rules ? 'there are no arms here' : undefined;
}

function repaint(board: Board, change: () => void): void {
  change();
  board.paint();
}

function refusal(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(reason, failureTypes.gateRefused);
}
