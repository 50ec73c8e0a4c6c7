import type { OverrideChoice, RunStatus } from '../../definition/run-status';
import { VolanteError } from '../../errors/volante-error';
import { askStatus } from '../../operations/decide';
import { findRunOf } from '../../operations/find-run';
import { overrideAtCheckpoint } from '../../operations/override';
import { asOption, type Command, yesOption } from '../command';
import { actingPerson, required, withOperator } from '../operator';

export const command: Command = {
  summary: 'decide at a checkpoint in place of what it declares',
  description: [
    'Releases the next wave, chooses an arm, looks now, ends early or aborts, while a checkpoint waits, holds or pauses.',
    'The verdict stays as it was; the report shows the override with its reason for ever.',
  ].join('\n'),
  arguments: [
    { name: '<run>', description: 'run id, campaign id, or the beginning of one' },
    { name: '<action>', description: 'promote, promote-control, promote-arm, look, end-early or abort' },
  ],
  options: [
    { flags: '--checkpoint <checkpoint>', description: 'which, as step/checkpoint; needed only when several wait' },
    { flags: '--arm <arm>', description: 'for promote-arm: the arm that everybody else gets' },
    { flags: '-r, --reason <text>', description: 'why (needed)' },
    asOption,
    yesOption,
  ],
  examples: ['override spring-sale promote-arm --arm b --reason "stock of a is gone" --as ana'],
  async run(context) {
    const person = await actingPerson(context);
    const reason = required(context.option('reason'), '--reason');
    const choice = choiceOf(required(context.argument(1), 'the action'), context.option('arm'));
    return withOperator(context, async (operator) => {
      const run = await findRunOf(operator.database, required(context.argument(0), 'the run'));
      const checkpoint = context.option('checkpoint') ?? onlyWaiting(await askStatus(operator.client, run.runId));
      if (!(await context.confirm(`Override ${checkpoint} of ${run.runId}: ${context.argument(1)}?`)))
        return { text: 'Nothing was done.', json: { runId: run.runId, done: false } };
      await overrideAtCheckpoint(operator, { runId: run.runId, checkpoint, choice, person, reason });
      return {
        text: `✔ ${person.id} has overridden ${checkpoint} of ${run.runId}: ${context.argument(1)}`,
        json: { runId: run.runId, checkpoint, choice, done: true },
        next: `status ${run.campaignId}`,
      };
    });
  },
};

function choiceOf(action: string, arm: string | undefined): OverrideChoice {
  switch (action) {
    case 'promote':
      return { do: 'promote', what: 'wave' };
    case 'promote-control':
      return { do: 'promote', what: 'control' };
    case 'promote-arm':
      return { do: 'promote', arm: required(arm, '--arm') };
    case 'look':
    case 'end-early':
    case 'abort':
      return { do: action };
    default:
      throw new VolanteError('VOL-102', {
        message: `"${action}" is none of promote, promote-control, promote-arm, look, end-early, abort.`,
      });
  }
}

function onlyWaiting({ runId, waiting = [] }: RunStatus): string {
  const [first, second] = waiting;
  if (!first) throw new VolanteError('VOL-301', { message: `No checkpoint of ${runId} waits.` });
  if (second)
    throw new VolanteError('VOL-102', {
      message: `Several checkpoints wait: ${waiting.map(({ checkpoint }) => checkpoint).join(', ')}. Name one with --checkpoint.`,
    });
  return first.checkpoint;
}
