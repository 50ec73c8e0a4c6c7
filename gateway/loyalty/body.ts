/** What shops may ask about points. */
import { z } from 'zod';
import { type Read, readSubject } from '../../ledger/event-fields';
import type { EventSubject } from '../../ledger/events';
import { readShape } from '../sources/json-body';

export const actions = ['balance', 'spend', 'reverse'] as const;
export type Action = (typeof actions)[number];

const bodySchema = z.strictObject({
  program: z.string().min(1).max(63),
  member: z.strictObject({
    contactId: z.string().max(20).optional(),
    externalId: z.string().max(200).optional(),
    email: z.string().max(400).optional(),
  }),
  points: z.int().min(1).max(1_000_000_000).optional(),
  reward: z.string().max(63).optional(),
  spending: z.string().min(1).max(200).optional(),
});

export interface Asked {
  program: string;
  member: EventSubject;
  points?: number;
  /** A reward of the program's catalogue, in the place of points. */
  reward?: string;
  /** The `Idempotency-Key` of the spending that is given back. */
  spending?: string;
}

/** @returns why it cannot be read, without repeating what it says */
export function readAsked(body: Buffer, action: Action, secretKey: string): Read<Asked> {
  const shaped = readShape(body, bodySchema);
  if ('reason' in shaped) return shaped;
  const { member, ...asked } = shaped.value;
  const subject = readSubject(member, secretKey);
  if ('reason' in subject) return { reason: `member: ${subject.reason}` };
  if (action === 'spend' && (asked.points === undefined) === (asked.reward === undefined))
    return { reason: 'says either points or a reward' };
  if (action === 'reverse' && asked.spending === undefined) return { reason: 'spending: is missing' };
  return { value: { ...asked, member: subject.value } };
}
