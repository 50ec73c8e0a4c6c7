import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import { packageRoot } from '../settings/package-root';

/** Brings a database to the newest schema. Several processes may do so at once: one migrates, the others wait for it. */
export async function migrate(databaseUrl: string): Promise<{ applied: string[] }> {
  const migrations = await runner({
    databaseUrl,
    dir: join(packageRoot(), 'ledger', 'migrations'),
    direction: 'up',
    migrationsTable: 'volante_migrations',
    checkOrder: true,
    advisoryLockMode: 'wait',
    log: () => undefined,
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  return { applied: migrations.map((migration) => migration.name) };
}
