/** `prune`: asks the approvers of a campaign whether its run shall stop and be undone. */

import { VolanteError } from '../../errors/volante-error';
import { recordFact } from '../../ledger/audit';
import { findRunOf } from '../../operations/find-run';
import { askToPrune } from '../../operations/prune';
import { asOption, type Command } from '../command';
import { actingPerson, required, withOperator } from '../operator';

export const command: Command = {
  summary: 'ask the approvers whether a run whose file is gone shall stop and be undone',
  description: [
    'Deleting a file never stops a run. This opens the gate `prune` in it: when an approver of the campaign says yes, the run is',
    'aborted, and what can be undone is. Until then, and after a no, it goes on.',
  ].join('\n'),
  arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
  options: [{ flags: '-r, --reason <text>', description: 'shown to the approvers' }, asOption],
  examples: ['prune spring-sale --reason "the offer was withdrawn" --as luis'],
  async run(context) {
    const person = await actingPerson(context);
    const reason = required(context.option('reason'), '--reason');
    return withOperator(context, async ({ client, database }) => {
      const run = await findRunOf(database, required(context.argument(0), 'the run'));
      if (run.finishedAt) throw new VolanteError('VOL-301', { message: `${run.runId} is over (${run.phase}).` });
      await askToPrune(client, { runId: run.runId, by: person.id, reason });
      await recordFact(database, {
        at: new Date(),
        runId: run.runId,
        actor: person.id,
        action: 'run.prune-asked',
        detail: { reason },
      });
      return {
        text: `✔ ${run.runId}: its approvers are asked whether it shall stop`,
        json: { runId: run.runId, asked: true },
        next: `approve ${run.campaignId} --gate prune --as <person>`,
      };
    });
  },
};
