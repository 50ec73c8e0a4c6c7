/** A Medusa shop as tests use it: a real server, or a double where none is installed. One jersey costs 25 EUR. */
export interface MedusaShop {
  readonly url: string;
  /** Of the Admin API. */
  readonly token: string;
  admin<T>(method: string, path: string, body?: object): Promise<T>;
  /** @returns the discount in EUR; undefined where the shop does not take the code */
  buy(purchase: Purchase): Promise<number | undefined>;
}

export interface Purchase {
  code: string;
  /** Of jerseys. */
  quantity: number;
  email: string;
}

/** Somebody with store credit. */
export async function addCustomer(shop: MedusaShop, email: string): Promise<string> {
  const { customer } = await shop.admin<{ customer: { id: string } }>('POST', 'customers', { email });
  return customer.id;
}

/** What was credited to a customer, in EUR. */
export async function creditsOf(shop: MedusaShop, customer: string): Promise<number[]> {
  const { store_credit_accounts: accounts } = await shop.admin<{ store_credit_accounts: { id: string }[] }>(
    'GET',
    `store-credit-accounts?customer_id=${customer}`,
  );
  const credits: number[] = [];
  for (const { id } of accounts) {
    const { transactions } = await shop.admin<{ transactions: { amount: number; type: string }[] }>(
      'GET',
      `store-credit-accounts/${id}/transactions?limit=500`,
    );
    credits.push(...transactions.filter(({ type }) => type === 'credit').map(({ amount }) => amount));
  }
  return credits;
}
