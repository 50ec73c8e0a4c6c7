/** What a shop may ask about a code: its own fields and no others. */
import { z } from 'zod';
import type { Money } from '../../definition/resolved';
import { readDuration } from '../../definition/written/duration';
import { type Read, readAmount } from '../../ledger/event-fields';
import { readShape } from '../sources/json-body';

export const actions = ['validate', 'reserve', 'redeem', 'release', 'refund'] as const;
export type Action = (typeof actions)[number];

const standardHoldMs = 30 * 60_000;
const longestHoldMs = 24 * 3600_000;

const amount = z.strictObject({ amount: z.string().max(20), currency: z.string().max(3) });
const bodySchema = z.strictObject({
  code: z.string().min(1).max(80).optional(),
  redemption: z.uuid().toLowerCase().optional(),
  basket: amount.optional(),
  value: amount.optional(),
  customer: z
    .strictObject({
      contactId: z
        .string()
        .regex(/^\d{1,18}$/)
        .optional(),
      email: z.string().max(400).optional(),
      id: z.string().min(1).max(200).optional(),
    })
    .optional(),
  order: z.string().min(1).max(200).optional(),
  withOthers: z.boolean().optional(),
  holdFor: z.string().max(20).optional(),
});

export interface Asked {
  code?: string;
  redemption?: string;
  basket?: Money;
  value?: Money;
  customer?: { contactId?: string; email?: string; id?: string };
  order?: string;
  withOthers?: boolean;
  holdMs: number;
}

/** @returns why it cannot be read, without repeating what it says */
export function readAsked(body: Buffer, action: Action): Read<Asked> {
  const shaped = readShape(body, bodySchema);
  if ('reason' in shaped) return shaped;
  const { basket, value, holdFor, ...rest } = shaped.value;
  const money = { basket: moneyOf(basket), value: moneyOf(value) };
  for (const [field, read] of Object.entries(money))
    if (read && 'reason' in read) return { reason: `${field}: ${read.reason}` };
  const hold = holdFor === undefined ? undefined : readDuration(holdFor);
  if (hold && (!hold.ok || hold.value < 60_000 || hold.value > longestHoldMs))
    return { reason: 'holdFor: a duration between 1m and 24h' };
  const asked: Asked = {
    ...rest,
    ...(money.basket && 'value' in money.basket && { basket: money.basket.value }),
    ...(money.value && 'value' in money.value && { value: money.value.value }),
    holdMs: hold?.ok ? hold.value : standardHoldMs,
  };
  const missing = missingIn(asked, action);
  return missing === undefined ? { value: asked } : { reason: missing };
}

function missingIn({ code, redemption, basket }: Asked, action: Action): string | undefined {
  if (action === 'release' || action === 'refund')
    return redemption === undefined ? 'redemption: is missing' : undefined;
  if (action === 'redeem' && redemption !== undefined)
    return code === undefined ? undefined : 'either a code or a redemption, not both';
  if (redemption !== undefined) return 'redemption: only of redeem, release and refund';
  if (code === undefined) return 'code: is missing';
  return basket === undefined ? 'basket: is missing' : undefined;
}

function moneyOf(given: { amount: string; currency: string } | undefined): Read<Money> | undefined {
  if (!given) return undefined;
  const read = readAmount(given.amount, given.currency);
  return 'reason' in read ? read : { value: { currency: read.value.currency, micros: Number(read.value.micros) } };
}
