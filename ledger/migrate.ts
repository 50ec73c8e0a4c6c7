import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { packageRoot } from '../settings/package-root';

/** Brings a database to the newest schema. Safe to call from several processes at once: migrations hold an advisory lock. */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const migrations = await runner({
    databaseUrl,
    dir: join(packageRoot(), 'ledger', 'migrations'),
    direction: 'up',
    migrationsTable: 'volante_migrations',
    checkOrder: true,
    log: () => undefined,
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return { applied: migrations.map((migration) => migration.name) };
}
