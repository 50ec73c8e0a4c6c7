/** What `approve` and `reject` share: a person decides at an open gate of a run. */
import type { Verdict } from '../../definition/run-status';
import { VolanteError } from '../../errors/volante-error';
import { askStatus, decideAtGate } from '../../operations/decide';
import { findRunOf } from '../../operations/find-run';
import { asOption, type Command, type CommandContext } from '../command';
import { actingPerson, required, withOperator } from '../operator';

export function decisionCommand(verdict: Verdict, summary: string): Command {
  return {
    summary,
    arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
    options: [
      { flags: '--gate <gate>', description: 'which gate; needed only when several are open' },
      {
        flags: '--plan <hash>',
        description: 'the plan hash you saw (beginning is enough); default: the run’s present one',
      },
      { flags: '-m, --message <text>', description: verdict === 'reject' ? 'why (needed)' : 'a comment' },
      asOption,
    ],
    examples: [
      `${verdict} spring-sale --gate content --as ana -m "${verdict === 'approve' ? 'go' : 'the price is wrong'}"`,
    ],
    run: (context) => decideAt(context, verdict),
  };
}

async function decideAt(context: CommandContext, verdict: Verdict) {
  const person = await actingPerson(context);
  const note =
    verdict === 'reject'
      ? required(context.option('message'), '--message: a rejection needs a reason; it')
      : context.option('message');
  return withOperator(context, async (operator) => {
    const run = await findRunOf(operator.database, required(context.argument(0), 'the run'));
    const status = await askStatus(operator.client, run.runId);
    const gate =
      context.option('gate') ??
      onlyOpenGate(
        status.gates.filter(({ state }) => state === 'open' || state === 'held'),
        run.runId,
      );
    const receipt = await decideAtGate(operator, {
      runId: run.runId,
      gate,
      verdict,
      person,
      planHash: seenPlan(context.option('plan'), status.planHash),
      via: 'cli',
      note,
    });
    const done = verdict === 'approve' ? 'approved' : 'rejected';
    return {
      text: `✔ ${person.id} ${done} gate ${gate} of ${run.runId} (${receipt.approvals}/${receipt.quorum}; the gate is ${receipt.state})`,
      json: { runId: run.runId, ...receipt },
      next: `status ${run.campaignId}`,
    };
  });
}

function onlyOpenGate(gates: { gate: string }[], runId: string): string {
  const [first, second] = gates;
  if (!first) throw new VolanteError('VOL-301', { message: `${runId} has no open gate.` });
  if (second)
    throw new VolanteError('VOL-102', {
      message: `${runId} has several open gates: ${gates.map(({ gate }) => gate).join(', ')}. Name one with --gate.`,
    });
  return first.gate;
}

/** A beginning that fits the run's plan stands for it; anything else is sent as it is, and the run refuses it. */
function seenPlan(given: string | undefined, current: string): string {
  return given === undefined || (given.length >= 7 && current.startsWith(given)) ? current : given;
}
