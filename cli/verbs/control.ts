/** What `pause`, `resume` and `abort` share: telling a run to stop, go on or end. */
import { type ControlVerb, controlRun } from '../../operations/control';
import { findRunOf } from '../../operations/find-run';
import { asOption, type Command, yesOption } from '../command';
import { actingPerson, required, withOperator } from '../operator';

interface Wording {
  summary: string;
  done: string;
  /** Asked before acting, where the act cannot be taken back. */
  question?: string;
}

export function controlCommand(verb: ControlVerb, { summary, done, question }: Wording): Command {
  return {
    summary,
    arguments: [{ name: '<run>', description: 'run id, campaign id, or the beginning of one' }],
    options: [
      { flags: '-r, --reason <text>', description: 'shown in the Temporal UI, the status and the report' },
      asOption,
      ...(question ? [yesOption] : []),
    ],
    examples: [`${verb} spring-sale --reason "wrong price" --as luis`],
    async run(context) {
      const person = await actingPerson(context);
      const reason =
        verb === 'resume' ? (context.option('reason') ?? 'resumed') : required(context.option('reason'), '--reason');
      return withOperator(context, async (operator) => {
        const run = await findRunOf(operator.database, required(context.argument(0), 'the run'));
        if (question && !(await context.confirm(`${question} ${run.runId}?`)))
          return { text: 'Nothing was done.', json: { runId: run.runId, done: false } };
        await controlRun(operator, { runId: run.runId, verb, by: person.id, reason });
        return {
          text: `✔ ${run.runId}: ${done}`,
          json: { runId: run.runId, verb, done: true },
          next: verb === 'pause' ? `resume ${run.campaignId}` : `status ${run.campaignId}`,
        };
      });
    },
  };
}
