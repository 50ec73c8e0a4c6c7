/** Opens what an operation needs: Temporal's client and the ledger. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { VolanteError } from '../errors/volante-error';
import { type Database, openDatabase } from '../ledger/database';
import type { Settings } from '../settings/settings';

export interface Operator {
  client: Client;
  database: Database;
  close(): Promise<void>;
}

/**
 * Temporal's own environment variables and profiles (TLS, API key) apply.
 * @throws VolanteError VOL-500 when Temporal does not answer within `timeoutMs`
 */
export async function connectTemporal(
  settings: Settings,
  timeoutMs = 5_000,
): Promise<{ client: Client; connection: Connection }> {
  if (settings.temporalAddress === '')
    throw new VolanteError('VOL-500', {
      message: 'No Temporal server: TEMPORAL_ADDRESS is not set and no local stack was found.',
    });
  try {
    const { connectionOptions } = loadClientConnectConfig();
    const connection = await Connection.connect({
      ...connectionOptions,
      address: settings.temporalAddress,
      connectTimeout: timeoutMs,
    });
    return { client: new Client({ connection, namespace: settings.temporalNamespace }), connection };
  } catch (cause) {
    throw new VolanteError('VOL-500', { message: `Temporal does not answer at ${settings.temporalAddress}.`, cause });
  }
}

export async function connectOperator(settings: Settings): Promise<Operator> {
  const { client, connection } = await connectTemporal(settings);
  const database = openDatabase({ url: settings.databaseUrl, connections: 4 });
  return {
    client,
    database,
    async close() {
      await database.end();
      await connection.close();
    },
  };
}
