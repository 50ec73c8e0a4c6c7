/**
 * Clicks and openings on their way to the book. They wait a moment, because only then it shows whether somebody followed one
 * link or a program followed all of them; and they are written together. Whoever clicked does not wait.
 */
import type { Database } from '../../ledger/database';
import { recordTracked, type Tracked } from '../../ledger/events-own';
import type { Logger } from '../../telemetry/logger';
import { burstLinks, burstMs } from './bots';

/** More than these are written at once, before the moment is over. */
const mostWaiting = 20_000;

export class ClickJournal {
  private waiting: Tracked[] = [];
  /** Written a moment ago: part of a burst that goes on. */
  private recent: Tracked[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {}

  add(tracked: Tracked): void {
    this.waiting.push(tracked);
    if (this.waiting.length >= mostWaiting) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), burstMs);
  }

  /** Writes everything that waits. Never rejects: that somebody clicked is worth less than that the link works. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.waiting;
    this.waiting = [];
    const known = withBursts([...this.recent, ...batch]);
    this.recent = batch;
    const inBatch = new Set(batch);
    this.writing = this.writing
      .then(() =>
        recordTracked(
          this.database,
          known.flatMap(({ tracked, isBot }) => (inBatch.has(tracked) ? { ...tracked, isBot } : [])),
        ),
      )
      .catch((error: unknown) => this.logger.error({ err: error, events: batch.length }, 'clicks are lost'));
    return this.writing;
  }
}

/** Bot or not, with all that is known of the same message. */
function withBursts(all: readonly Tracked[]): { tracked: Tracked; isBot: boolean }[] {
  const clicks = new Map<string, Tracked[]>();
  for (const tracked of all) {
    const delivery = `${tracked.runNo}:${tracked.stepMark}:${tracked.seq}`;
    clicks.set(delivery, [...(clicks.get(delivery) ?? []), tracked]);
  }
  return [...clicks.values()].flatMap((ofDelivery) =>
    ofDelivery.map((tracked) => ({ tracked, isBot: tracked.isBot || isInBurst(tracked, ofDelivery) })),
  );
}

function isInBurst(tracked: Tracked, ofDelivery: readonly Tracked[]): boolean {
  const near = ofDelivery.filter(
    ({ link, at }) => link !== undefined && Math.abs(at.getTime() - tracked.at.getTime()) < burstMs,
  );
  return tracked.link !== undefined && new Set(near.map(({ link }) => link)).size >= burstLinks;
}
