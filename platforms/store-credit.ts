/** What a platform that keeps store credit of customers must be able to do. It need not know idempotency keys. */
import type { Money } from '../definition/resolved';

export interface CreditCustomer {
  /** The contact's number in the other system; a platform may know it. */
  externalId?: string;
  email: string;
}

/** All methods throw `PromotionPlatformError`. */
export interface StoreCreditPlatform {
  /** Key under `platforms` in volante.yaml. */
  readonly platform: string;
  /** The customer's account in a currency, made if there is none. @returns undefined for a customer whom it does not know */
  accountOf(customer: CreditCustomer, currency: string): Promise<string | undefined>;
  /** Whether a credit with this reference is on the account, written at `since` or later. */
  find(credit: { account: string; reference: string; since: Date }): Promise<boolean>;
  /** Credits. Called twice, it credits twice. Only `refused` and `key-refused` say that nothing was credited. */
  credit(credit: { account: string; reference: string; amount: Money }): Promise<void>;
}
