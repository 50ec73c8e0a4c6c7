/** From what a shop posted to what the till is asked, and from what the till says to what the shop is told. */
import type { Money } from '../../definition/resolved';
import type { Ask, Outcome } from '../../ledger/promotions/redemption';
import type { Answer } from '../../ledger/promotions/requests';
import type { Action, Asked } from './body';

export function askOf(
  action: Action,
  { asked, source, customer, now }: { asked: Asked; source: string; customer?: string; now: Date },
): Ask {
  const { code = '', redemption, basket = { currency: 'XXX', micros: 0 }, value, order: orderRef } = asked;
  const { withOthers, holdMs } = asked;
  if (action === 'release' || action === 'refund' || (action === 'redeem' && redemption !== undefined))
    return { act: action === 'redeem' ? 'redeem-held' : action, source, id: redemption ?? '', value, orderRef, now };
  const use = { source, code, basket, value, customer, orderRef, withOthers, now };
  return action === 'reserve' ? { act: action, ...use, holdMs } : { act: action, ...use };
}

export function answerOf(outcome: Outcome): Answer {
  if ('refused' in outcome) {
    const { refused } = outcome;
    const isUnknown = refused === 'unknown-code' || refused === 'mistyped-code' || refused === 'unknown-redemption';
    return { status: isUnknown ? 404 : 409, body: { ok: false, reason: refused } };
  }
  if ('offered' in outcome) {
    const { discount, stacking } = outcome.terms;
    return { status: 200, body: { ok: true, value: written(outcome.offered), discount, stacking } };
  }
  const { id, state, value, expiresAt, left } = outcome;
  return {
    status: 200,
    body: {
      ok: true,
      redemption: id,
      state,
      value: written(value),
      ...(left && { left: written(left) }),
      ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
    },
  };
}

/** As shops write it: 12.5 euros are `12.50`. */
function written({ micros, currency }: Money): { amount: string; currency: string } {
  const units = String(micros).padStart(7, '0');
  const decimals = units.slice(-6).replace(/0{1,4}$/, '');
  return { amount: `${units.slice(0, -6)}.${decimals}`, currency };
}
