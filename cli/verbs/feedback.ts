import { VolanteError } from '../../errors/volante-error';
import { recordFact } from '../../ledger/audit';
import { recordFeedback } from '../../ledger/feedback';
import { findRunOf } from '../../operations/find-run';
import { asOption, type Command } from '../command';
import { actingPerson, required, withDatabase } from '../operator';

export const command: Command = {
  summary: 'keep what team or customers say about a run',
  description: 'Goes into the report. Name no customer: what is written is kept for ever.',
  arguments: [
    { name: '<run>', description: 'run id, campaign id, or the beginning of one' },
    { name: '<words>', description: 'what was said' },
  ],
  options: [
    { flags: '--from <whom>', description: 'team or customer (default: team)' },
    { flags: '--score <1-5>', description: 'from 1 (bad) to 5 (good)' },
    asOption,
  ],
  examples: ['feedback spring-sale "Subject b felt pushy" --from customer --score 2 --as ana'],
  async run(context) {
    const person = await actingPerson(context);
    const words = required(context.argument(1), 'what was said');
    const fromWhom = whom(context.option('from'));
    const score = scoreOf(context.option('score'));
    return withDatabase(context, async (database) => {
      const run = await findRunOf(database, required(context.argument(0), 'the run'));
      const at = new Date();
      const id = await recordFeedback(database, run.no, {
        at,
        fromWhom,
        author: person.id,
        ...(score !== undefined && { score }),
        words,
      });
      await recordFact(database, {
        at,
        runId: run.runId,
        actor: person.id,
        action: 'feedback.given',
        detail: { id, fromWhom },
      });
      return {
        text: `✔ kept with ${run.runId}`,
        json: { runId: run.runId, id },
        next: `report ${run.campaignId}`,
      };
    });
  },
};

function whom(text = 'team'): 'team' | 'customer' {
  if (text === 'team' || text === 'customer') return text;
  throw new VolanteError('VOL-102', { message: `--from: "${text}" is neither team nor customer.` });
}

function scoreOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new VolanteError('VOL-102', { message: `--score: "${text}" is not a number from 1 to 5.` });
}
