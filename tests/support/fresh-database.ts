import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { sharedAddress, templateDatabase } from './shared-addresses';

export interface FreshDatabase {
  url: string;
  /** Ends its connections and removes it. */
  drop(): Promise<void>;
}

/** An empty, migrated database on the run's shared cluster. One a test file: `beforeAll` makes it, `afterAll` drops it. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(`create database ${name} template ${templateDatabase}`);
  const url = new URL(sharedAddress('database'));
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) };
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: sharedAddress('database') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
