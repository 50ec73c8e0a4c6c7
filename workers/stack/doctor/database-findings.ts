import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { packageRoot } from '../../../settings/package-root';
import type { Settings } from '../../../settings/settings';
import { scrub } from '../../../telemetry/personal-data';
import { type Finding, healthy, inOneLine, unhealthy } from './finding';

const largestSkewMs = 2_000;

export async function databaseFindings({ databaseUrl }: Settings): Promise<Finding[]> {
  if (databaseUrl === '') {
    return [unhealthy('database', 'DATABASE_URL is not set and no local stack is up', 'run `volante up`')];
  }
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
    return [
      healthy('database', `PostgreSQL ${rows[0]?.version ?? '?'} at ${scrub(databaseUrl)}`),
      await migrationsFinding(client),
      await clockFinding(client),
    ];
  } catch (error) {
    const fix = 'start it (locally `volante up`), or correct DATABASE_URL';
    return [unhealthy('database', `${scrub(databaseUrl)}: ${inOneLine(error)}`, fix)];
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function migrationsFinding(client: Client): Promise<Finding> {
  const name = 'database schema';
  const fix = 'restart the worker or run `volante up`: both bring it up to date';
  const known = await client.query<{ found: boolean }>("select to_regclass('volante_migrations') is not null as found");
  if (!known.rows[0]?.found) return unhealthy(name, 'there is none', fix);
  const applied = await client.query<{ name: string }>('select name from volante_migrations');
  const done = new Set(applied.rows.map((row) => row.name));
  const shipped = readdirSync(join(packageRoot(), 'ledger', 'migrations')).map((file) => file.replace(/\.\w+$/, ''));
  const missing = shipped.filter((migration) => !done.has(migration));
  const newer = [...done].filter((migration) => !shipped.includes(migration));
  if (missing.length > 0) return unhealthy(name, `not applied: ${missing.join(', ')}`, fix);
  if (newer.length > 0) return unhealthy(name, `newer than this program: ${newer.join(', ')}`, 'update the program');
  return healthy(name, `${done.size} migrations, all applied`);
}

/** Half of the round trip belongs to each way. */
async function clockFinding(client: Client): Promise<Finding> {
  const before = Date.now();
  const { rows } = await client.query<{ now: string }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::text as now',
  );
  const after = Date.now();
  const skew = Math.round(Number(rows[0]?.now) - (before + after) / 2);
  const detail = `database ${skew >= 0 ? 'ahead' : 'behind'} by ${Math.abs(skew)} ms`;
  if (Math.abs(skew) <= largestSkewMs) return healthy('clocks', detail);
  return unhealthy('clocks', detail, 'set both clocks by NTP: send windows and gates depend on them');
}
