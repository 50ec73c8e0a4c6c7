import type { Client, Connection } from '@temporalio/client';
import type { Standing } from '../definition/amendment';
import type { Settings } from '../settings/settings';
import { connectTemporal } from './connect';
import { askStanding } from './standing';

/** Asks runs where they stand, over a connection that is made with the first question; a run that cannot be asked does not answer. */
export class RunsAsked {
  private connecting?: Promise<{ client: Client; connection: Connection } | undefined>;

  constructor(private readonly settings: Settings) {}

  async standingOf(runId: string): Promise<Standing | undefined> {
    this.connecting ??= connectTemporal(this.settings, 3_000).catch(() => undefined);
    const temporal = await this.connecting;
    return temporal && askStanding(temporal.client, runId);
  }

  async close(): Promise<void> {
    await (await this.connecting)?.connection.close();
  }
}
