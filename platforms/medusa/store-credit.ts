/**
 * Store credit of Medusa's loyalty plugin (2.21). Its API takes no key and no reference: two equal calls credit twice. The
 * only words of ours that a transaction keeps are its note, by which it is found again.
 */
import { z } from 'zod';
import type { StoreCreditPlatform } from '../store-credit';
import { MedusaAdmin, type MedusaOptions, units } from './admin-api';

const pageOfTransactions = 100;

const customersSchema = z.object({ customers: z.array(z.object({ id: z.string(), has_account: z.boolean() })) });
const customerSchema = z.object({ customer: z.object({ id: z.string() }) });
const accountsSchema = z.object({ store_credit_accounts: z.array(z.object({ id: z.string() })) });
const accountSchema = z.object({ store_credit_account: z.object({ id: z.string() }) });
const transactionsSchema = z.object({
  count: z.int(),
  transactions: z.array(z.object({ type: z.string(), note: z.string().nullish() })),
});

export function createMedusaStoreCredit(options: MedusaOptions): StoreCreditPlatform {
  const admin = new MedusaAdmin(options);

  /** By its own number where contacts carry it, else by address: somebody with an account before a guest. */
  const findCustomer = async ({ externalId, email }: { externalId?: string; email: string }) => {
    if (externalId?.startsWith('cus_')) {
      const found = await admin.find(`customers/${encodeURIComponent(externalId)}`, {
        query: [['fields', 'id']],
        schema: customerSchema,
      });
      if (found) return found.customer.id;
    }
    const { customers } = await admin.get('customers', {
      query: [
        ...[...new Set([email, email.toLowerCase()])].map((spelling): [string, string] => ['email[]', spelling]),
        ['fields', 'id,has_account'],
      ],
      schema: customersSchema,
    });
    return (customers.find(({ has_account }) => has_account) ?? customers[0])?.id;
  };

  const findAccount = async (customer: string, currency: string) => {
    const { store_credit_accounts: accounts } = await admin.get('store-credit-accounts', {
      query: [
        ['customer_id', customer],
        ['currency_code', currency],
        ['fields', 'id'],
      ],
      schema: accountsSchema,
    });
    return accounts[0]?.id;
  };

  return {
    platform: options.platform,

    async accountOf(customer, currency) {
      const id = await findCustomer(customer);
      if (id === undefined) return undefined;
      const code = currency.toLowerCase();
      const there = await findAccount(id, code);
      if (there !== undefined) return there;
      const answer = await admin.post('store-credit-accounts', { body: { customer_id: id, currency_code: code } });
      if (answer.status === 200) return admin.http.read(accountSchema, answer.body).store_credit_account.id;
      const since = answer.status === 400 ? await findAccount(id, code) : undefined;
      if (since === undefined) throw admin.refused(answer);
      return since;
    },

    async find({ account, reference, since }) {
      const note = noteOf(reference);
      for (let seen = 0, count = 1; seen < count; ) {
        const page = await admin.get(`store-credit-accounts/${encodeURIComponent(account)}/transactions`, {
          query: [
            ['created_at[$gte]', since.toISOString()],
            ['fields', 'id,type,note'],
            ['order', 'id'],
            ['limit', String(pageOfTransactions)],
            ['offset', String(seen)],
          ],
          schema: transactionsSchema,
        });
        if (page.transactions.some((found) => found.type === 'credit' && found.note === note)) return true;
        seen += Math.max(1, page.transactions.length);
        count = page.count;
      }
      return false;
    },

    async credit({ account, reference, amount }) {
      const answer = await admin.post(`store-credit-accounts/${encodeURIComponent(account)}/credit`, {
        body: { amount: units(amount), note: noteOf(reference) },
      });
      if (answer.status !== 200) throw admin.refused(answer);
    },
  };
}

function noteOf(reference: string): string {
  return `volante ${reference}`;
}
