/** `loyalty <program>`: what members have, what the shop owes them, and points that a person books. */
import { randomUUID } from 'node:crypto';
import type { RewardCodes } from '../../definition/plan-facts';
import type { Money } from '../../definition/resolved';
import { writeMoney } from '../../definition/written/money';
import { VolanteError } from '../../errors/volante-error';
import { recordFact } from '../../ledger/audit';
import { contactById } from '../../ledger/contacts';
import type { Database } from '../../ledger/database';
import { bookAwards, withdrawPoints } from '../../ledger/loyalty/award';
import { cardHistory, cardsOf, liabilityOf } from '../../ledger/loyalty/card';
import { findProgram, type Program } from '../../ledger/loyalty/programs';
import { countRewardCodes } from '../../ledger/loyalty/reward-codes';
import { type CreditCounts, countCredits } from '../../ledger/loyalty/store-credit';
import { asOption, type Command, type CommandContext, type CommandResult } from '../command';
import { actingPerson, required, withDatabase } from '../operator';

const entriesShown = 30;

export const command: Command = {
  summary: 'say what a loyalty program owes, and what a member has; book points by hand',
  description: [
    'loyalty <program>                     what members have, and what that is worth in money today',
    'loyalty <program> --contact <number>  one member: points, tier, what happened to them',
    'loyalty <program> --contact <number> --add <points> --reason <words>',
    '                                      gives points, at once; --take takes them. Both stand in the audit.',
    'Contacts are named by their number in the contact book, never by address.',
  ].join('\n'),
  arguments: [{ name: '<program>', description: 'id of the campaign that is the program' }],
  options: [
    { flags: '--contact <number>', description: 'one member' },
    { flags: '--add <points>', description: 'give that many points' },
    { flags: '--take <points>', description: 'take that many points; all or none' },
    { flags: '--reason <words>', description: 'why, for the audit; name no customer' },
    { flags: '--key <words>', description: 'the same key again books nothing (default: a new one)' },
    asOption,
  ],
  examples: [
    'loyalty club-points',
    'loyalty club-points --contact 1042',
    'loyalty club-points --contact 1042 --add 50 --as luis --reason "parcel came late"',
  ],
  async run(context) {
    const id = required(context.argument(0), 'the program');
    return withDatabase(context, async (database) => {
      const program = await findProgram(database, id);
      if (!program)
        throw new VolanteError('VOL-103', {
          message: `No loyalty program is called "${id}".`,
          fix: 'apply its campaign, and approve its gate',
        });
      const contactId = context.option('contact');
      if (contactId === undefined) return showLiability(database, program);
      if (!/^[1-9]\d{0,17}$/.test(contactId))
        throw new VolanteError('VOL-102', { message: `--contact: "${contactId}" is no number of a contact.` });
      if (context.option('add') !== undefined || context.option('take') !== undefined)
        await adjust(context, database, { program, contactId });
      return showMember(database, { program, contactId });
    });
  },
};

async function showLiability(database: Database, program: Program): Promise<CommandResult> {
  const { currency, pointValue } = program.terms;
  const liability = await liabilityOf(database, program);
  const credits = await countCredits(database, program.id);
  const codes = await countRewardCodes(database, program.id);
  const money = (micros: bigint) => writeMoney({ currency, micros: Number(micros) });
  const { active, pending } = liability;
  const owed = active.micros + pending.micros;
  const lines: [string, string][] = [
    ['members', String(liability.members)],
    ['active', `${active.points} points, ${money(active.micros)}`],
    ['pending', `${pending.points} points, ${money(pending.micros)}`],
    ['owed', `${money(owed)} at ${writeMoney(pointValue)} a point`],
    ['spent', `${liability.spent} points`],
    ['expired', `${liability.expired} points`],
    ['taken back', `${liability.reversed} points, of which members still owe ${liability.debt}`],
    ['uncovered', `${liability.uncovered} points that refunds or undo could not take back`],
    ...creditLines(program, credits),
    ...(codes ? codeLines(codes) : []),
  ];
  return {
    text: [`${program.id}  ${program.state}`, ...lines.map(([name, value]) => `    ${name.padEnd(12)} ${value}`)].join(
      '\n',
    ),
    json: {
      program: program.id,
      state: program.state,
      currency,
      pointValue: writeMoney(pointValue),
      ...liability,
      storeCredit: credits,
      ...(codes && {
        codes: { ...codes, reserved: codes.reserved.map(writeMoney), spent: codes.spent.map(writeMoney) },
      }),
      active: { points: active.points, worth: money(active.micros) },
      pending: { points: pending.points, worth: money(pending.micros) },
      owed: money(owed),
    },
    next: `status ${program.id}`,
  };
}

/** Nothing for a program that gives no store credit. */
function creditLines({ terms }: Program, { owed, inDoubt, paid, refused }: CreditCounts): [string, string][] {
  if (owed + inDoubt + paid + refused === 0 && !terms.rewards.some(({ storeCredit }) => storeCredit)) return [];
  return [
    [
      'store credit',
      `${paid} paid, ${owed} owed, ${inDoubt} in doubt (looked for), ${refused} refused (points given back)`,
    ],
  ];
}

function codeLines({ given, redeemed, reserved, spent }: RewardCodes): [string, string][] {
  const sum = (amounts: Money[]) => amounts.map(writeMoney).join(', ') || 'nothing';
  return [['codes', `${given} given, ${redeemed} used for ${sum(spent)}, at most ${sum(reserved)} may still be used`]];
}

interface Member {
  program: Program;
  contactId: string;
}

async function showMember(database: Database, { program, contactId }: Member): Promise<CommandResult> {
  const cards = await cardsOf(database, { program: program.id, contactIds: [contactId], now: new Date() });
  const card = cards.get(contactId);
  const history = await cardHistory(database, { program: program.id, contactId, limit: entriesShown });
  const json = { program: program.id, card: card ?? null, history };
  if (!card)
    return { text: `Contact ${contactId} has no points of ${program.id}.`, json, next: `loyalty ${program.id}` };
  const { points, pending, tier, expiring } = card;
  return {
    text: [
      `Contact ${contactId} in ${program.id}: ${points} points, ${pending} pending, ${tier === null ? 'no tier' : `tier ${tier}`}`,
      ...(expiring ? [`${expiring.points} expire on ${expiring.at.toISOString()}`] : []),
      ...history.map(
        ({ at, kind, points: change, uncovered }) =>
          `${at.toISOString()}  ${kind.padEnd(8)} ${String(change).padStart(8)}${uncovered > 0 ? `  ${uncovered} uncovered` : ''}`,
      ),
    ].join('\n'),
    json,
    next: `loyalty ${program.id}`,
  };
}

async function adjust(context: CommandContext, database: Database, { program, contactId }: Member): Promise<void> {
  const add = context.option('add');
  const take = context.option('take');
  if (add !== undefined && take !== undefined)
    throw new VolanteError('VOL-102', { message: 'Either --add or --take, not both.' });
  const text = add ?? take ?? '';
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new VolanteError('VOL-102', { message: `"${text}" is no number of points.` });
  const person = await actingPerson(context);
  const reason = required(context.option('reason'), '--reason: why');
  if (!(await contactById(database, contactId)))
    throw new VolanteError('VOL-103', { message: `There is no contact ${contactId}.` });
  const now = new Date();
  const key = `adjust:${context.option('key') ?? randomUUID()}`;
  const detail = { by: person.id };
  const points = BigInt(text);
  if (add !== undefined) {
    const origin = { kind: 'adjust', detail } as const;
    await bookAwards(database, { program, awards: [{ contactId, key, points }], origin, activeAt: now, now });
  } else if (!(await withdrawPoints(database, { program, contactId, key, points, detail, now })))
    throw new VolanteError('VOL-301', {
      message: `Contact ${contactId} has less than ${text} points.`,
      fix: `look at \`volante loyalty ${program.id} --contact ${contactId}\``,
    });
  await recordFact(database, {
    at: now,
    actor: person.id,
    action: 'loyalty.adjusted',
    subject: program.id,
    detail: { contact: contactId, points: add === undefined ? -Number(text) : Number(text), reason },
    factKey: `${program.id}:${key}`,
  });
}
