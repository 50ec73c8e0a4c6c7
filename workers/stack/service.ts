import type { ProcessIdentity } from '../binaries/process-identity';

/** A process that the stack starts, watches and stops. EmbeddedDatabase and ChildService are the two kinds. */
export interface Service {
  /** Resolves when it serves; rejects when it ends before, or does not serve in time. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Of the running process. */
  readonly identity: ProcessIdentity | undefined;
  /** Resolves when the running process has ended. */
  readonly ended: Promise<void>;
}

const shortestPauseMs = 500;
const longestPauseMs = 30_000;
/** One that ran this long before it ended is restarted without much ado. */
const steadyAfterMs = 60_000;

export interface Watch {
  service: Service;
  /** Told of every process that has taken the place of one that ended. */
  onRestart: () => void;
  /** Told why a start failed; another follows. */
  onTrouble: (line: string) => void;
}

export interface KeptAlive {
  /** Stops the service for good, even in the middle of a restart. */
  stop(): Promise<void>;
}

/** Starts a service again each time it ends, after a pause that doubles while it keeps ending. */
export function keepAlive({ service, onRestart, onTrouble }: Watch): KeptAlive {
  const released = new AbortController();
  const watching = (async () => {
    let pause = shortestPauseMs;
    while (!released.signal.aborted) {
      const startedAt = performance.now();
      await Promise.race([service.ended, aborted(released.signal)]);
      if (released.signal.aborted) return;
      if (performance.now() - startedAt > steadyAfterMs) pause = shortestPauseMs;
      onTrouble(`ended; starting it again in ${pause / 1000} s`);
      await Promise.race([new Promise((wake) => setTimeout(wake, pause)), aborted(released.signal)]);
      pause = Math.min(pause * 2, longestPauseMs);
      if (released.signal.aborted) return;
      try {
        await service.start();
        onRestart();
      } catch (error) {
        onTrouble(error instanceof Error ? error.message : String(error));
      }
    }
  })();
  return {
    stop: async () => {
      released.abort();
      await service.stop();
      await watching;
      await service.stop();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
