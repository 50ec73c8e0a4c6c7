/** Store credit for points: found before it is written, because the platform would write it twice. */
import { ApplicationFailure } from '@temporalio/activity';
import type { PoolClient } from 'pg';
import { failureTypes } from '../definition/failure-types';
import { findProgram } from '../ledger/loyalty/programs';
import { returnSpent } from '../ledger/loyalty/spend';
import {
  askAgain,
  beginToAsk,
  customerOf,
  findCredit,
  inTurn,
  recordAccount,
  type StoreCredit,
  settleCredit,
} from '../ledger/loyalty/store-credit';
import { isPromotionPlatformError } from '../platforms/promotion-platform-error';
import type { StoreCreditPlatform } from '../platforms/store-credit';
import type { ActivityDependencies } from './dependencies';
import type { StoreCreditActivities } from './store-credit-contract';

/**
 * A request that lost its answer may still reach the platform: HTTP servers give one up after five minutes at most (Node's
 * `requestTimeout`). Until then it is looked for, and not made again.
 */
const quietMs = 6 * 60_000;
/** Clocks of the platform and of the ledger may differ. */
const clockMarginMs = 24 * 3600_000;
const lookAgainMs = 5_000;

export function createStoreCreditActivities({ database, creditsOf }: ActivityDependencies): StoreCreditActivities {
  const payInTurn = async (client: PoolClient, no: string): Promise<StoreCredit> => {
    const credit = await findCredit(client, no);
    if (!credit) throw ApplicationFailure.nonRetryable(`there is no store credit ${no}`, failureTypes.planInvalid);
    if (credit.state === 'owed' || credit.state === 'asked') await pay(client, credit, creditsOf(credit.platform));
    return (await findCredit(client, no)) ?? credit;
  };

  /** A later one finds the points given back already. */
  const givePointsBack = async ({ no, program: id, contactId, spendKey }: StoreCredit): Promise<void> => {
    const program = await findProgram(database, id);
    if (!program) return;
    await returnSpent(database, { program, contactId, key: `store-credit:${no}`, spendKey, now: new Date() });
  };

  return {
    async payCredit({ credit: no }) {
      const credit = await asked(() => inTurn(database, no, (client) => payInTurn(client, no)));
      if (!credit) throw later('another worker is at it', lookAgainMs);
      if (credit.state === 'paid') return 'paid';
      await givePointsBack(credit);
      return 'refused';
    },
  };
}

async function pay(client: PoolClient, credit: StoreCredit, platform: StoreCreditPlatform): Promise<void> {
  const { no, reference, amount, owedAt } = credit;
  const account = credit.account ?? (await openAccount(client, credit, platform));
  if (account === undefined) return settleCredit(client, no, { state: 'refused', reason: 'no such customer' });
  const since = new Date(owedAt.getTime() - clockMarginMs);
  if (!(await platform.find({ account, reference, since }))) {
    const waitMs = await beginToAsk(client, no, quietMs);
    if (waitMs > 0) throw later('its answer was lost and it is not there yet', Math.min(waitMs, lookAgainMs));
    try {
      await platform.credit({ account, reference, amount });
    } catch (error) {
      if (isPromotionPlatformError(error) && error.trouble === 'key-refused') await askAgain(client, no);
      if (!isPromotionPlatformError(error) || error.trouble !== 'refused') throw error;
      return settleCredit(client, no, { state: 'refused', reason: error.message });
    }
  }
  await settleCredit(client, no, { state: 'paid' });
}

async function openAccount(
  client: PoolClient,
  { no, contactId, amount }: StoreCredit,
  platform: StoreCreditPlatform,
): Promise<string | undefined> {
  const customer = await customerOf(client, contactId);
  const account = customer && (await platform.accountOf(customer, amount.currency));
  if (account !== undefined) await recordAccount(client, no, account);
  return account;
}

/** Points are spent already: whatever is wrong with the platform or its key, this is tried until somebody has put it right. */
async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isPromotionPlatformError(error)) throw error;
    throw later(error.message, error.retryAfterMs);
  }
}

function later(message: string, afterMs?: number): ApplicationFailure {
  return ApplicationFailure.create({ type: 'StoreCredit', message, nextRetryDelay: afterMs });
}
