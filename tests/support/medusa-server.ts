/** A real Medusa server with its loyalty plugin, of a test file's own, on the run's PostgreSQL; from the cache. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { cacheDirectory } from '../../workers/binaries/cache-directory';
import { freePort } from '../../workers/binaries/free-port';
import { endProcess, identifyProcess } from '../../workers/binaries/process-identity';
import { endWithUs } from './end-with-us';
import { eventually } from './eventually';
import type { MedusaShop, Purchase } from './medusa-shop';
import { sharedAddress } from './shared-addresses';
import { temporaryFolder } from './temporary-folder';

const folder = join(cacheDirectory(process.env), 'medusa', '2.21.2');
const main = join(folder, 'node_modules', '@medusajs', 'cli', 'cli.js');
const person = { email: 'admin@shop.example', password: randomBytes(12).toString('hex') };

/** Why there is none, in one line. */
export function whyNoMedusa(): string | undefined {
  return existsSync(main) ? undefined : 'Medusa is not in the cache: `node scripts/provide-medusa.mjs` puts it there';
}

export class MedusaServer implements MedusaShop {
  token = '';
  readonly #home = temporaryFolder('medusa');
  readonly #database = `medusa_${randomBytes(6).toString('hex')}`;
  readonly #secret = randomBytes(16).toString('hex');
  #port = 0;
  #end: (() => Promise<void>) | undefined;
  #shelf = { region: '', variant: '', channel: '', publishable: '' };

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Migrates a database, starts, and stocks a shop: one jersey for 25 EUR. */
  async start(): Promise<void> {
    this.#port = await freePort();
    await this.#administer(`create database ${this.#database}`);
    this.#run('db:migrate', '--skip-scripts');
    this.#run('user', '-e', person.email, '-p', person.password);
    const log = openSync(join(this.#home.path, 'medusa.log'), 'a');
    const words = [main, 'start', '-H', '127.0.0.1', '-p', String(this.#port)];
    const server = spawn(process.execPath, words, {
      cwd: folder,
      env: this.#environment(),
      stdio: ['ignore', log, log],
    });
    const release = endWithUs(server.pid ?? 0);
    const identity = identifyProcess(server.pid ?? 0);
    this.#end = async () => {
      if (identity) await endProcess(identity, { graceMs: 5_000 });
      release();
    };
    await eventually(() => this.#answers(server), { timeoutMs: 120_000, what: `Medusa answers at ${this.url}` });
    await this.#stock();
  }

  async remove(): Promise<void> {
    await this.#end?.();
    await this.#administer(`drop database if exists ${this.#database} with (force)`);
    this.#home.remove();
  }

  async admin<T>(method: string, path: string, body?: object): Promise<T> {
    const authorization = `Basic ${Buffer.from(`${this.token}:`).toString('base64')}`;
    return this.#ask<T>(method, `/admin/${path}`, { headers: { authorization }, body });
  }

  async buy({ code, quantity, email }: Purchase): Promise<number | undefined> {
    const { region, variant, channel, publishable } = this.#shelf;
    const store = <T>(path: string, body: object) =>
      this.#ask<T>('POST', `/store/${path}`, { headers: { 'x-publishable-api-key': publishable }, body });
    const { cart } = await store<{ cart: { id: string } }>('carts', {
      region_id: region,
      sales_channel_id: channel,
      email,
      items: [{ variant_id: variant, quantity }],
    });
    const applied = await store<{ cart: { discount_total: number; promotions: { code: string }[] } }>(
      `carts/${cart.id}/promotions`,
      { promo_codes: [code] },
    );
    if (!applied.cart.promotions.some((promotion) => promotion.code === code)) return undefined;
    const payment = await store<{ payment_collection: { id: string } }>('payment-collections', { cart_id: cart.id });
    await store(`payment-collections/${payment.payment_collection.id}/payment-sessions`, {
      provider_id: 'pp_system_default',
    });
    const done = await store<{ type: string; order?: { discount_total: number } }>(`carts/${cart.id}/complete`, {});
    return done.order?.discount_total;
  }

  async #stock(): Promise<void> {
    const { token } = await this.#ask<{ token: string }>('POST', '/auth/user/emailpass', { body: person });
    const headers = { authorization: `Bearer ${token}` };
    const made = <T>(path: string, body: object) => this.#ask<T>('POST', `/admin/${path}`, { headers, body });
    type Key = { api_key: { id: string; token: string } };
    this.token = (await made<Key>('api-keys', { title: 'volante', type: 'secret' })).api_key.token;
    const page = (await made<Key>('api-keys', { title: 'page', type: 'publishable' })).api_key;
    const channel = await made<{ sales_channel: { id: string } }>('sales-channels', { name: 'web' });
    await made(`api-keys/${page.id}/sales-channels`, { add: [channel.sales_channel.id] });
    const region = await made<{ region: { id: string } }>('regions', {
      name: 'España',
      currency_code: 'eur',
      countries: ['es'],
      payment_providers: ['pp_system_default'],
    });
    const jersey = await made<{ product: { variants: { id: string }[] } }>('products', {
      title: 'Jersey',
      status: 'published',
      sales_channels: [{ id: channel.sales_channel.id }],
      options: [{ title: 'size', values: ['one'] }],
      variants: [
        {
          title: 'one',
          manage_inventory: false,
          options: { size: 'one' },
          prices: [{ amount: 25, currency_code: 'eur' }],
        },
      ],
    });
    this.#shelf = {
      region: region.region.id,
      variant: jersey.product.variants[0]?.id ?? '',
      channel: channel.sales_channel.id,
      publishable: page.token,
    };
  }

  async #ask<T>(
    method: string,
    path: string,
    { headers, body }: { headers?: Record<string, string>; body?: object },
  ): Promise<T> {
    const response = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  #run(...words: string[]): void {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
      cwd: folder,
      env: this.#environment(),
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (status !== 0) throw new Error(`medusa ${words[0]} ended with ${status}: ${`${stdout}${stderr}`.slice(-2000)}`);
  }

  #environment(): NodeJS.ProcessEnv {
    const database = new URL(sharedAddress('database'));
    database.pathname = `/${this.#database}`;
    return {
      PATH: process.env.PATH,
      HOME: this.#home.path,
      NODE_ENV: 'production',
      DATABASE_URL: database.href,
      MEDUSA_SECRET: this.#secret,
      MEDUSA_DISABLE_TELEMETRY: 'true',
      LOG_LEVEL: 'warn',
    };
  }

  async #answers(server: ChildProcess): Promise<boolean> {
    if (server.exitCode !== null) throw new Error(`Medusa ended with ${server.exitCode}`);
    return (await fetch(`${this.url}/health`)).ok;
  }

  async #administer(statement: string): Promise<void> {
    const client = new Client({ connectionString: sharedAddress('database') });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
}
