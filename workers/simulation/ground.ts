/** What all runs of a simulation stand on: a throw-away PostgreSQL with an empty ledger to copy, and the test server's program. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../ledger/migrate';
import { ensureTestServer } from '../binaries/test-server-binary';
import { EmbeddedDatabase } from '../database/embedded-database';

const emptyLedger = 'empty_ledger';

export class Ground {
  private made = 0;

  private constructor(
    private readonly cluster: EmbeddedDatabase,
    private readonly folder: string,
    readonly testServer: string,
    readonly bundleFile: string,
  ) {}

  /** @param progress told when something has to be installed first */
  static async prepare(options: { bundleFile: string; progress: (line: string) => void }): Promise<Ground> {
    const folder = mkdtempSync(join(tmpdir(), 'volante-simulation-'));
    chmodSync(folder, 0o755);
    const cluster = new EmbeddedDatabase({
      folder: join(folder, 'postgres'),
      logFile: join(folder, 'postgres.log'),
      password: 'simulation',
      durable: false,
      maxConnections: 40,
    });
    try {
      const [{ path }] = await Promise.all([ensureTestServer({ progress: options.progress }), cluster.start()]);
      await cluster.createDatabase(emptyLedger);
      await migrate(cluster.url(emptyLedger));
      return new Ground(cluster, folder, path, options.bundleFile);
    } catch (error) {
      await cluster.kill();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** An empty ledger of its own for one run. */
  async freshLedger(): Promise<{ url: string; drop(): Promise<void> }> {
    this.made += 1;
    const name = `run_${this.made}`;
    await this.cluster.createDatabase(name, emptyLedger);
    return { url: this.cluster.url(name), drop: () => this.cluster.dropDatabase(name) };
  }

  async clear(): Promise<void> {
    await this.cluster.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
