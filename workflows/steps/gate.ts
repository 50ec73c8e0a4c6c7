import { condition } from '@temporalio/workflow';
import type { GateStep, ResolvedStepOf } from '../../definition/resolved';
import type { GateView } from '../../definition/run-status';
import { control } from '../activities';
import type { Board } from '../board';
import type { RunState } from '../run-state';
import { instant, waitUntil } from '../time';

type GateTerms = GateStep['gate'];

/** `gate`: the run stops until people decide. A rejected or expired gate ends the run; nothing after it is sent. */
export async function passGate(run: RunState, board: Board, step: ResolvedStepOf<'gate'>): Promise<void> {
  const gate = await askPeople(run, board, step.id, step.gate);
  if (gate.state === 'approved') {
    run.settle(step, 'done', { detail: `approved by ${approvers(gate)}` });
  } else {
    run.settle(step, run.stopping ? 'cancelled' : 'failed', { detail: gate.state });
    const rejecter = gate.decisions.find(({ verdict }) => verdict === 'reject')?.by ?? 'nobody';
    run.end({ phase: 'rejected', by: rejecter, reason: `gate ${step.id} was ${gate.state}` });
  }
}

/**
 * Opens a gate, asks and reminds those who may decide, and waits for the decision or its expiry; all over again when what
 * they are asked about has changed meanwhile.
 */
export async function askPeople(run: RunState, board: Board, id: string, terms: GateTerms): Promise<GateView> {
  for (;;) {
    const gate = await askOnce(run, board, { id, terms });
    if (gate.state !== 'void' || run.stopping) return gate;
    if (run.amending.isUnderWay) await condition(() => !run.amending.isUnderWay);
    if (run.amending.isWithdrawn(stepOf(id))) return gate;
  }
}

/** A gate of a step, or of a hold within it: `<step>.<checkpoint>.<look>`. */
function stepOf(gate: string): string {
  return gate.split('.')[0] ?? gate;
}

async function askOnce(
  run: RunState,
  board: Board,
  { id, terms }: { id: string; terms: GateTerms },
): Promise<GateView> {
  const { planHash } = run;
  const gate = run.gates.open(
    { gate: id, state: 'open', approvers: terms.approvers, quorum: terms.quorum, openedAt: instant(), decisions: [] },
    terms,
  );
  await waitForDecision(run, board, gate, terms, terms.approvers);
  if (gate.state === 'open' && !run.stopping && terms.onExpiry === 'escalate') {
    gate.approvers = [...new Set([...gate.approvers, ...terms.escalateTo])];
    await waitForDecision(run, board, gate, terms, terms.escalateTo);
  }
  if (gate.state === 'open' && !run.stopping && terms.onExpiry === 'hold') {
    gate.state = 'held';
    delete gate.expiresAt;
    board.paint();
    await ask(run, gate, gate.approvers, holdRound);
    await waitUntil(Number.MAX_SAFE_INTEGER, () => settled(gate) || run.stopping, `gate ${id} is held`);
  }
  if (!settled(gate)) gate.state = 'expired';
  board.paint();
  await control.recordGate({
    run: run.ref,
    gate: id,
    planHash,
    outcome: gate.state === 'approved' || gate.state === 'rejected' || gate.state === 'void' ? gate.state : 'expired',
    decisions: gate.decisions,
    now: instant(),
  });
  return gate;
}

const holdRound = 99;

async function waitForDecision(
  run: RunState,
  board: Board,
  gate: GateView,
  terms: GateTerms,
  roles: string[],
): Promise<void> {
  const opened = Date.now();
  gate.expiresAt = new Date(opened + terms.expires).toISOString();
  board.paint();
  const escalated = roles !== terms.approvers ? terms.remindAt.length + 1 : 0;
  for (const [round, share] of [0, ...terms.remindAt].entries()) {
    if (
      share > 0 &&
      !(await waitUntil(
        opened + share * terms.expires,
        () => settled(gate) || run.stopping,
        `remind: gate ${gate.gate}`,
      ))
    )
      return;
    await ask(run, gate, roles, escalated + round);
  }
  await waitUntil(opened + terms.expires, () => settled(gate) || run.stopping, `gate ${gate.gate} expires`);
}

function settled(gate: GateView): boolean {
  return ['approved', 'rejected', 'overridden', 'void'].includes(gate.state);
}

async function ask(run: RunState, gate: GateView, roles: string[], round: number): Promise<void> {
  await control.askApprovers({
    run: run.ref,
    gate: gate.gate,
    roles,
    planHash: run.planHash,
    expiresAt: gate.expiresAt,
    round,
    decided: gate.decisions.map(({ by }) => by),
    excluded: run.excludedFrom(gate.gate),
    now: instant(),
  });
}

function approvers(gate: GateView): string {
  return gate.decisions
    .filter(({ verdict }) => verdict === 'approve')
    .map(({ by }) => by)
    .join(', ');
}
