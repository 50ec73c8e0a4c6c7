/** A real Unleash server of a test file's own, on the run's PostgreSQL; started from the cache, ended by its process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../workers/binaries/free-port';
import { endProcess, identifyProcess } from '../../workers/binaries/process-identity';
import { findUnleashServer } from '../../workers/binaries/unleash-server';
import { endWithUs } from './end-with-us';
import { eventually } from './eventually';
import { sharedAddress } from './shared-addresses';
import { temporaryFolder } from './temporary-folder';

export class UnleashServer {
  readonly adminToken = '*:*.admin-token-of-the-test';
  readonly pageToken = 'default:development.page-token-of-the-test';
  readonly #home = temporaryFolder('unleash');
  readonly #database = `unleash_${randomBytes(6).toString('hex')}`;
  #port = 0;
  #end: (() => Promise<void>) | undefined;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Resolves when it answers; the first start fills its database. A second one keeps address and data. */
  async start(): Promise<void> {
    if (this.#port === 0) {
      await this.#administer(`create database ${this.#database}`);
      this.#port = await freePort();
    }
    const log = openSync(join(this.#home.path, 'unleash.log'), 'a');
    const main = findUnleashServer()?.path ?? '';
    const server = spawn(process.execPath, [main], { env: this.#environment(), stdio: ['ignore', log, log] });
    const release = endWithUs(server.pid ?? 0);
    const identity = identifyProcess(server.pid ?? 0);
    this.#end = async () => {
      if (identity) await endProcess(identity, { graceMs: 5_000 });
      release();
    };
    await eventually(() => this.#answers(server), { timeoutMs: 60_000, what: `Unleash answers at ${this.url}` });
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.#administer(`drop database if exists ${this.#database} with (force)`);
    this.#home.remove();
  }

  /** A call of the admin API as a person makes it on Unleash's pages. */
  async admin<T = unknown>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/api/admin/${path}`, {
      method,
      headers: { authorization: this.adminToken, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** What the client of a page reports now and then: how often it was given which variant. */
  async report(toggles: Record<string, Record<string, number>>, at: Date): Promise<void> {
    const of = (variants: Record<string, number>) => Object.values(variants).reduce((sum, count) => sum + count, 0);
    const response = await fetch(`${this.url}/api/frontend/client/metrics`, {
      method: 'POST',
      headers: { authorization: this.pageToken, 'content-type': 'application/json' },
      body: JSON.stringify({
        appName: 'shop',
        instanceId: 'page',
        bucket: {
          start: new Date(at.getTime() - 60_000),
          stop: at,
          toggles: Object.fromEntries(
            Object.entries(toggles).map(([flag, variants]) => [flag, { yes: of(variants), no: 0, variants }]),
          ),
        },
      }),
    });
    if (!response.ok) throw new Error(`metrics: ${response.status} ${await response.text()}`);
  }

  /** What a page in the browser of a visitor is told: the variant by flag; nothing of flags that are off for it. */
  async variants(visitor: string): Promise<Record<string, string>> {
    const response = await fetch(`${this.url}/api/frontend`, {
      method: 'POST',
      headers: { authorization: this.pageToken, 'content-type': 'application/json' },
      body: JSON.stringify({ context: { userId: visitor } }),
    });
    const { toggles } = (await response.json()) as { toggles: { name: string; variant: { name: string } }[] };
    return Object.fromEntries(toggles.map(({ name, variant }) => [name, variant.name]));
  }

  #environment(): NodeJS.ProcessEnv {
    const database = new URL(sharedAddress('database'));
    database.pathname = `/${this.#database}`;
    return {
      PATH: process.env.PATH,
      HOME: this.#home.path,
      TZ: 'UTC',
      DATABASE_URL: database.href,
      DATABASE_SSL: 'false',
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(this.#port),
      UNLEASH_URL: this.url,
      INIT_ADMIN_API_TOKENS: this.adminToken,
      INIT_FRONTEND_API_TOKENS: this.pageToken,
      SEND_TELEMETRY: 'false',
      CHECK_VERSION: 'false',
      LOG_LEVEL: 'error',
    };
  }

  async #answers(server: ChildProcess): Promise<boolean> {
    if (server.exitCode !== null) throw new Error(`Unleash ended with ${server.exitCode}`);
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
