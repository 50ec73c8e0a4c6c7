/** Behaves as Medusa 2.21 does where this product depends on it; the same tests hold it to a real one. In memory. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { MedusaShop, Purchase } from './medusa-shop';

interface Campaign {
  id: string;
  campaign_identifier: string;
  starts_at?: string | null;
  ends_at?: string | null;
  budget?: { type: string; limit: number; used: number };
}

interface Promotion {
  id: string;
  code: string;
  status: string;
  limit: number;
  used: number;
  campaign_id: string;
  metadata?: Record<string, string>;
  rules?: { attribute: string; operator: string; values: string[] }[];
  application_method: { type: string; value: number };
}

interface Account {
  id: string;
  customer_id: string;
  currency_code: string;
}

interface Transaction {
  id: string;
  account: string;
  type: string;
  amount: number;
  note: string;
}

type Body = Record<string, unknown>;
type Answer = { status?: number; body: object };

const price = 25;

export class MedusaDouble implements MedusaShop {
  readonly token = 'sk_of_the_double_1234567890';
  readonly #server: Server;
  readonly #campaigns: Campaign[] = [];
  readonly #promotions: Promotion[] = [];
  readonly #customers: { id: string; email: string; has_account: boolean }[] = [];
  readonly #accounts: Account[] = [];
  readonly #transactions: Transaction[] = [];
  readonly #uses = new Map<string, number>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
  }

  static async start(): Promise<MedusaDouble> {
    const double = new MedusaDouble();
    await new Promise<void>((resolve) => double.#server.listen(0, '127.0.0.1', resolve));
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async remove(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async admin<T>(method: string, path: string, body?: object): Promise<T> {
    const { status = 200, body: answer } = this.#answer(
      method,
      new URL(`/admin/${path}`, this.url),
      (body ?? {}) as Body,
    );
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    return answer as T;
  }

  async buy({ code, quantity, email }: Purchase): Promise<number | undefined> {
    const promotion = this.#promotions.find((candidate) => candidate.code === code);
    const campaign = this.#campaigns.find(({ id }) => id === promotion?.campaign_id);
    if (promotion?.status !== 'active' || !campaign || promotion.used >= promotion.limit) return undefined;
    const { starts_at, ends_at } = campaign;
    const now = new Date().toISOString();
    if ((starts_at && starts_at > now) || (ends_at && ends_at <= now)) return undefined;
    const total = quantity * price;
    const isTooSmall = promotion.rules?.some(
      ({ attribute, values }) => attribute === 'original_item_total' && total < Number(values[0]),
    );
    if (isTooSmall) return undefined;
    const { type, value } = promotion.application_method;
    const discount = type === 'fixed' ? Math.min(value, total) : (total * value) / 100;
    const { budget } = campaign;
    const customer = `${campaign.id} ${email}`;
    const used = budget?.type === 'use_by_attribute' ? (this.#uses.get(customer) ?? 0) : (budget?.used ?? 0);
    const costs = budget?.type === 'spend' ? discount : 1;
    if (budget && used + costs > budget.limit) return undefined;
    if (budget) budget.used += costs;
    this.#uses.set(customer, (this.#uses.get(customer) ?? 0) + 1);
    promotion.used += 1;
    return discount;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = request.method === 'POST' ? ((await json(request)) as Body) : {};
    const isOurs = request.headers.authorization === `Basic ${Buffer.from(`${this.token}:`).toString('base64')}`;
    const { status = 200, body: answer } = isOurs
      ? this.#answer(request.method ?? 'GET', new URL(request.url ?? '/', this.url), body)
      : { status: 401, body: { message: 'Unauthorized' } };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(method: string, { pathname, searchParams }: URL, body: Body): Answer {
    const [, , kind = '', id, part] = pathname.split('/');
    const call = `${method} ${kind}${id === undefined ? '' : '/*'}${part === undefined ? '' : `/${part}`}`;
    switch (call) {
      case 'POST campaigns':
        return this.#addCampaign(body);
      case 'GET campaigns': {
        const named = searchParams.get('campaign_identifier');
        return page('campaigns', {
          all: this.#campaigns.filter((found) => named === null || found.campaign_identifier === named),
          searchParams,
        });
      }
      case 'POST promotions':
        return this.#addPromotion(body);
      case 'GET promotions': {
        const codes = searchParams.getAll('code[]');
        return page('promotions', { all: this.#promotions.filter(({ code }) => codes.includes(code)), searchParams });
      }
      case 'POST promotions/*': {
        const promotion = this.#promotions.find((found) => found.id === id);
        if (!promotion) return missing(`Promotion id not found: ${id}`);
        promotion.status = String(body.status);
        return { body: { promotion } };
      }
      case 'POST customers': {
        const customer = { id: `cus_${this.#customers.length}`, email: String(body.email), has_account: false };
        this.#customers.push(customer);
        return { body: { customer } };
      }
      case 'GET customers':
        return page('customers', {
          all: this.#customers.filter(({ email }) => searchParams.getAll('email[]').includes(email)),
          searchParams,
        });
      case 'GET customers/*': {
        const customer = this.#customers.find((found) => found.id === id);
        return customer ? { body: { customer } } : missing(`Customer with id: ${id} not found`);
      }
      case 'GET store-credit-accounts': {
        const all = this.#accounts.filter(
          ({ customer_id, currency_code }) =>
            customer_id === searchParams.get('customer_id') &&
            currency_code === (searchParams.get('currency_code') ?? currency_code),
        );
        return page('store_credit_accounts', { all, searchParams });
      }
      case 'POST store-credit-accounts':
        return this.#addAccount(body);
      case 'POST store-credit-accounts/*/credit': {
        const account = this.#accounts.find((found) => found.id === id);
        if (!account) return missing(`StoreCreditAccount id not found: ${id}`);
        const number = String(this.#transactions.length).padStart(6, '0');
        const { amount, note } = body as { amount: number; note: string };
        this.#transactions.push({ id: `sc_trx_${number}`, account: account.id, type: 'credit', amount, note });
        return { body: { store_credit_account: account } };
      }
      case 'GET store-credit-accounts/*/transactions':
        return page('transactions', { all: this.#transactions.filter(({ account }) => account === id), searchParams });
      default:
        return { status: 404, body: { message: `Cannot ${call}` } };
    }
  }

  #addCampaign(body: Body): Answer {
    const { campaign_identifier, budget, starts_at, ends_at } = body as unknown as Campaign;
    if (this.#campaigns.some((found) => found.campaign_identifier === campaign_identifier))
      return exists(`Promotion campaign with campaign_identifier: ${campaign_identifier}`);
    const campaign = {
      id: `procamp_${this.#campaigns.length}`,
      campaign_identifier,
      starts_at,
      ends_at,
      ...(budget && { budget: { ...budget, used: 0 } }),
    };
    this.#campaigns.push(campaign);
    return { body: { campaign } };
  }

  #addPromotion(body: Body): Answer {
    const given = body as Omit<Promotion, 'id' | 'used'>;
    if (this.#promotions.some(({ code }) => code === given.code)) return exists(`Promotion with code: ${given.code}`);
    const promotion = { ...given, id: `promo_${String(this.#promotions.length).padStart(6, '0')}`, used: 0 };
    this.#promotions.push(promotion);
    return { body: { promotion } };
  }

  #addAccount(body: Body): Answer {
    const { customer_id, currency_code } = body as Omit<Account, 'id'>;
    if (this.#accounts.some((found) => found.customer_id === customer_id && found.currency_code === currency_code))
      return exists(`Store credit account with customer_id: ${customer_id}, currency_code: ${currency_code}`);
    const account = { id: `sc_acc_${this.#accounts.length}`, customer_id, currency_code };
    this.#accounts.push(account);
    return { body: { store_credit_account: account } };
  }
}

function page(name: string, { all, searchParams }: { all: object[]; searchParams: URLSearchParams }): Answer {
  const offset = Number(searchParams.get('offset') ?? 0);
  const limit = Number(searchParams.get('limit') ?? 15);
  return { body: { [name]: all.slice(offset, offset + limit), count: all.length, offset, limit } };
}

function exists(what: string): Answer {
  return { status: 400, body: { type: 'invalid_data', message: `${what}, already exists.` } };
}

function missing(message: string): Answer {
  return { status: 404, body: { type: 'not_found', message } };
}
