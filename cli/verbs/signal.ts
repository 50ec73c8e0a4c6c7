import { findRunOf } from '../../operations/find-run';
import { reportToRun } from '../../operations/override';
import { asOption, type Command } from '../command';
import { actingPerson, required, withOperator } from '../operator';

export const command: Command = {
  summary: 'tell a run that something outside has happened',
  description: 'A checkpoint whose `after.event` names it then waits for it no longer.',
  arguments: [
    { name: '<run>', description: 'run id, campaign id, or the beginning of one' },
    { name: '<event>', description: 'name of the event, as the campaign file says it' },
  ],
  options: [asOption],
  examples: ['signal spring-sale stock-counted --as luis'],
  async run(context) {
    const person = await actingPerson(context);
    const event = required(context.argument(1), 'the event');
    return withOperator(context, async (operator) => {
      const run = await findRunOf(operator.database, required(context.argument(0), 'the run'));
      await reportToRun(operator, { runId: run.runId, event, by: person.id });
      return {
        text: `✔ ${run.runId} knows that ${event} has happened`,
        json: { runId: run.runId, event },
        next: `status ${run.campaignId}`,
      };
    });
  },
};
