import type { Board } from './board';
import type { ControlRequest } from './messages';
import { pruneGate, type RunState } from './run-state';
import { askPeople } from './steps/gate';

const expires = 7 * 24 * 3600_000;

/** Asks those who approve this campaign; only their yes stops the run and undoes what can be undone. Meanwhile it goes on. */
export async function pruneWhenApproved(run: RunState, board: Board, { by, reason }: ControlRequest): Promise<void> {
  const approvers = run.rolesOfGates();
  if (run.gates.of(pruneGate)?.state === 'open' || run.stopping || !run.prepared) return;
  if (approvers.length === 0) return run.problem(`${by} asks to stop it, and the file names no approvers: abort it`);
  const gate = await askPeople(run, board, pruneGate, {
    approvers,
    quorum: 1,
    expires,
    onExpiry: 'reject',
    escalateTo: [],
    allowAuthor: false,
    remindAt: [0.5],
    question: `Stop this run and undo what can be undone? ${reason}`.slice(0, 1000),
  });
  const yes = gate.decisions.find(({ verdict }) => verdict === 'approve');
  if (gate.state === 'approved' && yes) run.end({ phase: 'aborted', by: yes.by, reason: `pruned: ${reason}` });
  board.paint();
}
