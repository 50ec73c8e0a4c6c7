/** `reconcile <run>`: deliveries that may or may not have left, and what a person decides about them. */
import { exitCodes } from '../../errors/catalogue';
import { VolanteError } from '../../errors/volante-error';
import type { RunRow } from '../../ledger/runs';
import type { Operator } from '../../operations/connect';
import { findRunOf } from '../../operations/find-run';
import { confirmSent, giveUp, type InDoubt, inDoubt, lookUp, release } from '../../operations/reconcile';
import { asOption, type Command, type CommandContext, type CommandResult, yesOption } from '../command';
import { actingPerson, required, withOperator } from '../operator';
import { openWorkspace } from '../workspace';

const actions = ['list', 'look-up', 'release', 'give-up', 'confirm-sent'] as const;
type Action = (typeof actions)[number];

export const command: Command = {
  summary: 'list deliveries in doubt; release, give up or confirm them',
  description: [
    'A delivery is in doubt when a worker or connection ended after the message was handed over and before the answer was',
    'recorded. It is never sent again by itself. Look for its Message-ID in the mail server’s log, then decide:',
    'list (default), look-up (ask the platform, where it can tell), confirm-sent, give-up, release (send again: a duplicate',
    'is possible).',
  ].join('\n'),
  arguments: [
    { name: '<run>', description: 'run id, campaign id, or the beginning of one' },
    { name: '[action]', description: actions.join(', ') },
  ],
  options: [
    { flags: '--step <step>', description: 'only this step' },
    { flags: '--member <numbers>', description: 'only these members, such as 12,40-45 (default: all in doubt)' },
    { flags: '-r, --reason <text>', description: 'why; kept in the audit' },
    asOption,
    yesOption,
  ],
  examples: ['reconcile spring-sale', 'reconcile spring-sale give-up --reason "checked the relay log" --as luis --yes'],
  async run(context) {
    const action = (context.argument(1) ?? 'list') as Action;
    if (!actions.includes(action))
      throw new VolanteError('VOL-102', { message: `reconcile knows no "${action}"; it knows ${actions.join(', ')}.` });
    return withOperator(context, async (operator) => {
      const run = await findRunOf(operator.database, required(context.argument(0), 'the run'));
      const doubtful = chosen(await inDoubt(operator.database, run), context);
      if (action === 'list') return list(run, doubtful);
      if (action === 'look-up') return ask(context, operator, run);
      return resolve(context, { operator, run, doubtful, action });
    });
  },
};

function list(run: RunRow, doubtful: InDoubt[]): CommandResult {
  if (doubtful.length === 0)
    return { text: `${run.runId}: nothing is in doubt`, json: { runId: run.runId, inDoubt: [] } };
  return {
    text: [
      `${run.runId}: ${doubtful.length} in doubt`,
      'step        member   domain                        handed over               Message-ID',
      ...doubtful.map(
        ({ step, seq, domain, claimedAt, messageId }) =>
          `${step.padEnd(12)}${String(seq).padEnd(9)}${domain.padEnd(30)}${claimedAt.toISOString().padEnd(26)}${messageId}`,
      ),
    ].join('\n'),
    json: { runId: run.runId, inDoubt: doubtful },
    next: `reconcile ${run.campaignId} give-up --reason "…"   (or confirm-sent, release)`,
  };
}

async function ask(context: CommandContext, operator: Operator, run: RunRow): Promise<CommandResult> {
  const person = await actingPerson(context);
  const { workspace } = await openWorkspace(context);
  const answer = await lookUp(operator.database, {
    run,
    by: person.id,
    workspace,
    env: { SMTP_URL: context.settings().smtpUrl, ...context.env },
  });
  const text = [
    `asked about ${answer.asked}: ${answer.sent} had been accepted, ${answer.absent} not, ${answer.unknown} unknown`,
    ...answer.unsupported.map(
      (platform) => `${platform} cannot tell (SMTP has no look-up): search its log for the Message-IDs`,
    ),
  ].join('\n');
  return { text, json: answer, next: `reconcile ${run.campaignId}` };
}

async function resolve(
  context: CommandContext,
  { operator, run, doubtful, action }: { operator: Operator; run: RunRow; doubtful: InDoubt[]; action: Action },
): Promise<CommandResult> {
  const person = await actingPerson(context);
  const reason = required(context.option('reason'), '--reason');
  const risk = action === 'release' ? ' Some may arrive twice.' : '';
  if (!(await context.confirm(`${action} ${doubtful.length} deliveries of ${run.runId}?${risk}`)))
    return { text: 'Nothing was done.', json: { resolved: 0 } };
  let resolved = 0;
  for (const step of new Set(doubtful.map((delivery) => delivery.step))) {
    const seqs = doubtful.filter((delivery) => delivery.step === step).map(({ seq }) => seq);
    const resolution = { run, step, seqs, by: person.id, reason };
    if (action === 'release') resolved += (await release(operator, resolution)).released;
    else resolved += await (action === 'give-up' ? giveUp : confirmSent)(operator.database, resolution);
  }
  return {
    exitCode: resolved < doubtful.length ? exitCodes.partial : exitCodes.ok,
    text: `✔ ${action}: ${resolved} of ${doubtful.length}`,
    json: { resolved, of: doubtful.length },
    next: `report ${run.campaignId}`,
  };
}

function chosen(all: InDoubt[], context: CommandContext): InDoubt[] {
  const step = context.option('step');
  const members = context.option('member');
  const wanted = members === undefined ? undefined : readMembers(members);
  return all.filter(
    (delivery) => (step === undefined || delivery.step === step) && (wanted === undefined || wanted(delivery.seq)),
  );
}

function readMembers(text: string): (seq: number) => boolean {
  const ranges = text.split(',').map((part) => {
    const [, from, to] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim()) ?? [];
    if (from === undefined)
      throw new VolanteError('VOL-102', { message: `--member: "${part}" is no number or range.` });
    return { from: Number(from), to: Number(to ?? from) };
  });
  return (seq) => ranges.some(({ from, to }) => seq >= from && seq <= to);
}
